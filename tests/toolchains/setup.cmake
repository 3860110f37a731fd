# cmake -D bash=FILE -D source=DIR -P setup.cmake
cmake_minimum_required(VERSION 3.25)
function(check arguments wanted_status wanted_text)
  separate_arguments(arguments)
  execute_process(COMMAND ${bash} ${source}/toolchains/setup.sh ${arguments}
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL ${wanted_status} OR NOT output MATCHES "${wanted_text}")
    message(FATAL_ERROR "setup.sh ${arguments}: expected status ${wanted_status} and '${wanted_text}', found ${status} and\n${output}")
  endif()
endfunction()

check("--list" 0 "libxsimd-dev")
check("--list --cross armv7 s390x" 0 "g\\+\\+-arm-linux-gnueabihf.*g\\+\\+-s390x-linux-gnu")
check("--list --cross all" 0 "gcc-arm-none-eabi")
check("--list --cross all --peers" 0 "libxsmm-dev")
check("--cross" 2 "--cross needs a target: .*or all")
check("--cross pdp11 --list" 2 "no cross target pdp11; there are .*aarch64")
check("--cros aarch64" 2 "no option --cros")
check("--help" 0 "--cross TARGET")

# Two targets share a package; it is named once.
execute_process(COMMAND ${bash} ${source}/toolchains/setup.sh --list --cross armv7 aarch64 OUTPUT_VARIABLE output)
string(REGEX MATCHALL "qemu-user" named "${output}")
list(LENGTH named count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "setup.sh --list --cross armv7 aarch64: expected qemu-user once, found it ${count} times")
endif()

# Each toolchain file names a group that setup.sh knows.
file(GLOB toolchains ${source}/toolchains/*.cmake)
foreach(toolchain IN LISTS toolchains)
  file(STRINGS ${toolchain} group REGEX "^set\\(inlay_group ")
  if(group)
    string(REGEX REPLACE "^set\\(inlay_group (.*)\\)" "\\1" group "${group}")
    check("--list --cross ${group}" 0 "libxsimd-dev")
  endif()
endforeach()
