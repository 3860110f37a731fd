# inlay_embed_weights(TARGET FILE [NAME name])
# Links the weights of FILE, a safetensors file that inlay::io::save_weights wrote, into TARGET as a constant object (in flash, where
# there is flash), and gives TARGET the header NAME_weights.hpp with
#     const inlay::ParametersOf<Model>& inlay::embedded::NAME<Model>();
#     const char* inlay::embedded::NAME_mismatch<Model>();    a sentence, or null where the weights fit
# NAME is that of FILE, without what follows its first dot. See <inlay/modules/embedded.hpp>; InlayEmbedWeights.cmake does it, at
# build time, and again when FILE changes. Part of the installed package too.
function(inlay_embed_weights target file)
  cmake_parse_arguments(PARSE_ARGV 2 embed "" "NAME" "")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "inlay_embed_weights: expected a target that exists, found ${target}; call it after add_executable or add_library.")
  endif()
  if(CMAKE_CXX_BYTE_ORDER STREQUAL "BIG_ENDIAN")
    message(FATAL_ERROR "inlay_embed_weights: ${CMAKE_SYSTEM_PROCESSOR} is big-endian and safetensors files are little-endian, so their "
                        "bytes cannot be linked as they are; load ${file} with inlay::io::load_weights there.")
  endif()
  get_filename_component(file "${file}" ABSOLUTE)
  get_source_file_property(generated "${file}" GENERATED)
  if(NOT generated AND NOT EXISTS "${file}")
    message(FATAL_ERROR "inlay_embed_weights: expected a safetensors file at ${file}, found nothing.")
  endif()
  if(NOT embed_NAME)
    get_filename_component(embed_NAME "${file}" NAME_WE)
  endif()
  string(MAKE_C_IDENTIFIER "${embed_NAME}" name)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/inlay_weights/${target})
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/InlayEmbedWeights.cmake)
  add_custom_command(
    OUTPUT ${folder}/${name}_weights.cpp ${folder}/${name}_weights.hpp
    COMMAND ${CMAKE_COMMAND} -D "file=${file}" -D name=${name} -D "folder=${folder}" -P ${script}
    DEPENDS ${file} ${script}
    COMMENT "Laying out ${file} for ${target}"
    VERBATIM)
  target_sources(${target} PRIVATE ${folder}/${name}_weights.cpp ${folder}/${name}_weights.hpp)
  set_property(SOURCE ${folder}/${name}_weights.cpp APPEND PROPERTY OBJECT_DEPENDS ${file})
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
