# How everything in this build is compiled. Nothing here is exported.
include(CheckCXXCompilerFlag)

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(INLAY_CCACHE ccache)
  if(INLAY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${INLAY_CCACHE})
  endif()
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

# INLAY_MARCH: the instruction set of the whole build, so that no two of its objects disagree.
set(inlay_default_march "")
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CROSSCOMPILING)
  check_cxx_compiler_flag(-march=native INLAY_HAS_MARCH_NATIVE)
  if(INLAY_HAS_MARCH_NATIVE)
    set(inlay_default_march native)
  endif()
endif()
set(INLAY_MARCH "${inlay_default_march}" CACHE STRING "Value of -march for the whole build; empty leaves it to the compiler")
set(INLAY_MARCH_OPTIONS "")
if(INLAY_MARCH)
  set(INLAY_MARCH_OPTIONS -march=${INLAY_MARCH})
endif()

# INLAY_SMALL_CODE: fewer bytes of code for more cycles, the same bits (include/inlay/config.hpp).
option(INLAY_SMALL_CODE "Fewer bytes of code for more cycles, in the whole build" OFF)
if(INLAY_SMALL_CODE AND PROJECT_IS_TOP_LEVEL)
  add_compile_options(-Os)  # the user of the headers chooses for himself
endif()

set(INLAY_SANITIZE "" CACHE STRING "Value of -fsanitize for the whole build, such as address,undefined")
if(INLAY_SANITIZE)
  add_compile_options(-fsanitize=${INLAY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${INLAY_SANITIZE})
endif()

option(INLAY_WARNINGS_AS_ERRORS "Stop at the first warning" OFF)

# For targets of this repository only: strict warnings are no burden to put on a user.
function(inlay_warnings target)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${INLAY_WARNINGS_AS_ERRORS}>:-Werror>)
    # GCC 12 warns inside std::string's operator+ (its bug 105651).
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-restrict)
    endif()
  endif()
endfunction()

# C by the compiler that belongs to that for C++: CMake alone would take the system's, and two makers' sanitizers do not mix.
macro(inlay_enable_c)
  if(NOT CMAKE_C_COMPILER AND NOT DEFINED ENV{CC})
    string(REGEX REPLACE "(clan)?g\\+\\+([^/]*)$" "\\1g@\\2" inlay_c_compiler "${CMAKE_CXX_COMPILER}")
    string(REPLACE "clang@" "clang" inlay_c_compiler "${inlay_c_compiler}")
    string(REPLACE "g@" "gcc" inlay_c_compiler "${inlay_c_compiler}")
    if(NOT inlay_c_compiler STREQUAL CMAKE_CXX_COMPILER AND EXISTS ${inlay_c_compiler})
      set(CMAKE_C_COMPILER ${inlay_c_compiler})
    endif()
  endif()
  enable_language(C)
endmacro()

# Bare metal: the toolchain file names the board's start-up code, which every program of the build links.
if(PROJECT_IS_TOP_LEVEL AND INLAY_STARTUP_SOURCES)
  add_library(inlay_startup OBJECT ${INLAY_STARTUP_SOURCES})
  target_compile_features(inlay_startup PRIVATE cxx_std_20)
  target_compile_options(inlay_startup PRIVATE -fno-exceptions -fno-rtti -fno-tree-loop-distribute-patterns)
  link_libraries($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:inlay_startup>)
endif()
