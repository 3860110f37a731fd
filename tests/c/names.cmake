# cmake -P names.cmake
# Names that inlay_add_c_interface refuses, each with a sentence that says why, and some that look like them and are good.
cmake_minimum_required(VERSION 3.25)
if(DEFINED name)
  include(${CMAKE_CURRENT_LIST_DIR}/../../toolchains/cmake/InlayCInterface.cmake)
  inlay_add_c_interface(${name} HEADER nowhere.hpp MODEL M)
endif()

set(header "in place of the system's")
set(word "a word of C or C\\+\\+, or inlay's own")
set(letters "expected lower-case letters")
set(good "there is no header")
foreach(case IN ITEMS "signal header" "time header" "math header" "string header" "stdio header" "unistd header" "pthread header"
                      "malloc header" "class word" "restrict word" "float word" "inlay word" "Signal letters" "2d letters"
                      "signals good" "math_model good" "writer good")
  separate_arguments(case)
  list(GET case 0 tried)
  list(GET case 1 answer)
  execute_process(COMMAND ${CMAKE_COMMAND} -D name=${tried} -P ${CMAKE_CURRENT_LIST_FILE} ERROR_VARIABLE output RESULT_VARIABLE status)
  string(REGEX REPLACE "[ \n]+" " " output "${output}") # CMake breaks its lines
  if(status EQUAL 0 OR NOT output MATCHES "inlay_add_c_interface\\(${tried}\\): .*${${answer}}")
    message(FATAL_ERROR "the name ${tried}: expected \"${${answer}}\", found: ${output}")
  endif()
endforeach()
