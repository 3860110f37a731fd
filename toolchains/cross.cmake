# What every cross target shares. A toolchain file sets the system, `inlay_tools`, the prefix of the compiler's name (and
# `inlay_suffix`, where it has one) or the compilers themselves, and `inlay_group`, what setup.sh calls its packages, then includes
# this one.
if(inlay_tools)
  set(CMAKE_CXX_COMPILER ${inlay_tools}g++${inlay_suffix})
  set(CMAKE_C_COMPILER ${inlay_tools}gcc${inlay_suffix})
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

get_property(inlay_in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT inlay_in_try_compile)
  list(GET CMAKE_CROSSCOMPILING_EMULATOR 0 inlay_emulator)
  foreach(inlay_program ${CMAKE_CXX_COMPILER} ${inlay_emulator})
    find_program(inlay_found_${inlay_program} ${inlay_program})
    mark_as_advanced(inlay_found_${inlay_program})
    if(NOT inlay_found_${inlay_program})
      message(FATAL_ERROR "inlay: ${inlay_program} is not installed. This installs it: toolchains/setup.sh --cross ${inlay_group}")
    endif()
  endforeach()
endif()
