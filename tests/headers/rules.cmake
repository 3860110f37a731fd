# cmake -D include=DIR/inlay -P rules.cmake
# Names each line of a header that breaks a rule:
#  - an #include <inlay/...> points down the list of layers, or stays in its own folder;
#  - only simd/simd.hpp and simd/wasm_batch.hpp name xsimd or intrinsics (parallel/float_environment.hpp may, for the control register);
#  - the core (all but io and text) includes nothing that allocates, throws, or calls libm;
#  - a header starts with #pragma once;
#  - a header in C (*.h) includes <stddef.h> and <stdint.h> alone, and is guarded by a macro, as ISO C knows it.
cmake_minimum_required(VERSION 3.25)
set(layers
  "config"
  "tensor simd memory"
  "kernels"
  "parallel"
  "modules"
  "training generation io text"
  "models"
  "c"
  "top")
# Headers outside a folder: the foundation, and what only users include.
set(layer_of_config 0)
set(layer_of_version 0)
set(level 0)
foreach(layer IN LISTS layers)
  string(REPLACE " " ";" folders "${layer}")
  foreach(folder IN LISTS folders)
    set(level_of_${folder} ${level})
  endforeach()
  math(EXPR level "${level} + 1")
endforeach()

function(folder_of header result)  # relative to include/inlay
  if(header MATCHES "^(config\\.hpp|version\\.hpp|inlay\\.h)$")
    set(${result} config PARENT_SCOPE)
  elseif(header MATCHES "^([a-z_]+)/")
    set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
  else()
    set(${result} top PARENT_SCOPE)
  endif()
endfunction()

set(mistakes 0)
macro(mistake text)
  math(EXPR mistakes "${mistakes} + 1")
  message("${include}/${header}:${number}: ${text}")
endmacro()

set(forsworn "cmath|math\\.h|complex|vector|string|map|unordered_map|set|list|deque|functional|iostream|ostream|istream|sstream|fstream|stdexcept|exception|typeinfo|thread|mutex|future|memory_resource|regex|any|stdlib\\.h|cstdlib|malloc\\.h")

file(GLOB_RECURSE headers RELATIVE ${include} ${include}/*.hpp)
foreach(header IN LISTS headers)
  folder_of(${header} folder)
  set(number 1)
  if(NOT DEFINED level_of_${folder})
    mistake("the folder ${folder} is in no layer; see tests/headers/rules.cmake")
    continue()
  endif()
  file(READ ${include}/${header} text)
  # A list with one element a line: what separates elements, or hides a separator, is replaced first.
  string(REGEX REPLACE "[][;\\]" "_" text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  list(GET lines 0 line)
  if(NOT line STREQUAL "#pragma once")
    mistake("a header starts with #pragma once")
  endif()
  set(number 0)
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    if(line MATCHES "^ *# *include +<inlay/([^>]+)>")
      set(target ${CMAKE_MATCH_1})
      folder_of(${target} target_folder)
      if(NOT DEFINED level_of_${target_folder})
        mistake("<inlay/${target}> is in no layer")
      elseif(NOT target_folder STREQUAL folder AND NOT level_of_${target_folder} LESS level_of_${folder})
        mistake("${folder} must not include <inlay/${target}>: includes point down the list of layers only")
      endif()
    elseif(line MATCHES "^ *# *include +\"")
      mistake("includes are spelled <inlay/...>")
    elseif(line MATCHES "^ *# *include +<(xsimd/[^>]*|[a-z]*intrin\\.h|arm_neon\\.h|arm_sve\\.h|wasm_simd128\\.h)>" 
           AND NOT header MATCHES "^(simd/simd|simd/wasm_batch|parallel/float_environment)\\.hpp$")
      mistake("only <inlay/simd/simd.hpp> and what it includes name xsimd or intrinsics")
    elseif(line MATCHES "^ *# *include +<(oneapi/)?tbb/")
      mistake("no header names oneTBB; lib/tbb.cpp does")
    elseif(NOT folder MATCHES "^(io|text)$" AND line MATCHES "^ *# *include +<(${forsworn})>")
      mistake("the core does without <${CMAKE_MATCH_1}>: it neither allocates nor throws nor calls libm")
    endif()
  endforeach()
endforeach()
file(GLOB_RECURSE headers RELATIVE ${include} ${include}/*.h)
foreach(header IN LISTS headers)
  set(number 1)
  file(STRINGS ${include}/${header} lines REGEX "^ *# *(include|pragma|ifndef INLAY_)")
  list(GET lines 0 line)
  if(NOT line MATCHES "^#ifndef INLAY_[A-Z_]+_H$")
    mistake("a header in C starts with #ifndef INLAY_..._H")
  endif()
  foreach(line IN LISTS lines)
    if(line MATCHES "include" AND NOT line MATCHES "<std(def|int)\\.h>")
      mistake("a header in C does without `${line}`: firmware may have no C library")
    endif()
  endforeach()
endforeach()
if(mistakes)
  message(FATAL_ERROR "${mistakes} lines break a rule")
endif()
