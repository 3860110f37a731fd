# cmake -D library=FILE -D name=NAME -D output=FILE -D io=BOOL -D threads=BOOL -P InlayCInterfaceHeader.cmake
# Writes NAME.h for inlay_add_c_interface: byte counts, which are read from a compiled library, and declarations.
cmake_minimum_required(VERSION 3.25)
string(TOUPPER ${name} upper)
# A library for several processors has them several times.
file(STRINGS ${library} counts REGEX "inlay_c_bytes:[A-Z]+=[0-9]+;")
string(REGEX MATCHALL "inlay_c_bytes:[A-Z]+=[0-9]+" counts "${counts}")
foreach(count IN LISTS counts)
  string(REGEX MATCH ":([A-Z]+)=([0-9]+)" ignored ${count})
  if(DEFINED bytes_${CMAKE_MATCH_1} AND NOT bytes_${CMAKE_MATCH_1} EQUAL CMAKE_MATCH_2)
    message(FATAL_ERROR "inlay: ${library} is for several processors, on which ${upper}_${CMAKE_MATCH_1}_BYTES is "
      "${bytes_${CMAKE_MATCH_1}} and ${CMAKE_MATCH_2}; build for one at a time")
  endif()
  set(bytes_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
endforeach()

set(lines "")
set(declarations "INLAY_DECLARE_MODEL(${name})\nINLAY_DECLARE_PREDICTOR(${name})\n")
foreach(part WEIGHTS PREDICTOR GENERATOR TRAINER CHECKPOINT)
  if(NOT DEFINED bytes_${part})
    message(FATAL_ERROR "inlay: ${library} does not say how many bytes ${upper}_${part}_BYTES is; it must be compiled to machine code, "
      "without link-time optimisation")
  endif()
  if(bytes_${part} GREATER 0)
    string(APPEND lines "#define ${upper}_${part}_BYTES ${bytes_${part}}u\n")
  endif()
endforeach()
set(parts PREDICTOR)
if(bytes_TRAINER GREATER 0)
  list(APPEND parts TRAINER)
  string(APPEND declarations "INLAY_DECLARE_TRAINER(${name})\nINLAY_DECLARE_PREDICTOR_OF_TRAINER(${name})\n")
endif()
if(bytes_GENERATOR GREATER 0)
  list(APPEND parts GENERATOR)
  string(APPEND declarations "INLAY_DECLARE_GENERATOR(${name})\n")
  if(bytes_TRAINER GREATER 0)
    string(APPEND declarations "INLAY_DECLARE_GENERATOR_OF_TRAINER(${name})\n")
  endif()
endif()
if(io)
  string(APPEND lines "#define ${upper}_HAS_FILES 1\n")
  string(APPEND declarations "INLAY_DECLARE_WEIGHTS_FILES(${name})\n")
  if(bytes_TRAINER GREATER 0)
    string(APPEND declarations "INLAY_DECLARE_TRAINER_FILES(${name})\n")
  endif()
endif()
if(threads)
  string(APPEND lines "#define ${upper}_HAS_THREADS 1\n")
  foreach(part IN LISTS parts)
    string(APPEND declarations "INLAY_DECLARE_${part}_THREADS(${name})\n")
  endforeach()
endif()
file(WRITE ${output} "\
#ifndef INLAY_C_INTERFACE_${upper}_H
#define INLAY_C_INTERFACE_${upper}_H
/* Written by inlay_add_c_interface(${name}). What the functions do: <inlay/inlay.h>, under the INLAY_DECLARE_ of each line. */
#include <inlay/inlay.h>

${lines}
#ifdef __cplusplus
extern \"C\" {
#endif
${declarations}#ifdef __cplusplus
}
#endif
#endif
")
