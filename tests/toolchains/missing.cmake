# cmake -D case=NAME -D source=DIR -D scratch=DIR -P missing.cmake
cmake_minimum_required(VERSION 3.25)
if(case STREQUAL "absent")
  set(expected "inlay: no-such-tools-g++ is not installed. This installs it: toolchains/setup.sh --cross aarch64")
else()
  set(expected "inlay: no-such-emulator is not installed. This installs it: toolchains/setup.sh --cross riscv64")
endif()
file(REMOVE_RECURSE ${scratch})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${source} -B ${scratch} --toolchain ${source}/tests/toolchains/${case}.cmake
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REGEX REPLACE "[ \n]+" " " flat "${output}")  # CMake breaks lines where it likes
string(FIND "${flat}" "${expected}" at)
if(status EQUAL 0 OR at LESS 0)
  message(FATAL_ERROR "Expected the sentence\n  ${expected}\nand a failure; found status ${status} and\n${output}")
endif()
