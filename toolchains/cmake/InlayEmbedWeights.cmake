# cmake -D file=FILE -D name=IDENTIFIER -D folder=DIR -P InlayEmbedWeights.cmake
# Writes DIR/IDENTIFIER_weights.cpp, which makes the assembler include the tensors of a safetensors file where ParametersOf<Model>
# has them, and DIR/IDENTIFIER_weights.hpp, which hands them out. inlay_embed_weights (InlayWeights.cmake) calls it.
#
# Where a tensor lies: each component of its name but the last is a struct of the model, whose alignment is the greatest of its
# members', as in C++. Members that are numbered are the modules of a Stack or of a Sequential, and those of a Sequential lie as
# {0, {1, {2, ...}}}: each is also aligned for those after it, which changes nothing in a Stack. A tensor's own alignment is the
# largest power of two that divides its bytes, 64 at most (tensor/tensor.hpp).
cmake_minimum_required(VERSION 3.25)

function(fail)
  string(CONCAT text ${ARGV})
  message(FATAL_ERROR "inlay_embed_weights: ${file}: ${text}")
endfunction()

# ---- the header of the file ----
if(NOT EXISTS "${file}" OR IS_DIRECTORY "${file}")
  fail("expected a safetensors file, found nothing there.")
endif()
file(SIZE "${file}" file_bytes)
if(file_bytes LESS 10)
  fail("expected a safetensors file, found ${file_bytes} bytes.")
endif()
file(READ "${file}" length_hex LIMIT 8 HEX)
string(REGEX REPLACE "(..)(..)(..)(..)(..)(..)(..)(..)" "\\8\\7\\6\\5\\4\\3\\2\\1" length_hex ${length_hex})
if(NOT length_hex MATCHES "^00000000")
  fail("expected a safetensors file, found no length of a header at its beginning.")
endif()
math(EXPR header_bytes "0x${length_hex}")
math(EXPR data_begin "8 + ${header_bytes}")
if(data_begin GREATER file_bytes)
  fail("expected a header of ${header_bytes} bytes, found a file of ${file_bytes} bytes; this is no safetensors file, or it is cut off.")
endif()
file(READ "${file}" header OFFSET 8 LIMIT ${header_bytes})
string(JSON kind ERROR_VARIABLE error TYPE "${header}")
if(error OR NOT kind STREQUAL "OBJECT")
  fail("expected a header of JSON, found something else; this is no safetensors file.")
endif()
string(JSON fingerprint ERROR_VARIABLE error GET "${header}" __metadata__ inlay.model_fingerprint)
if(error)
  set(fingerprint 0)
elseif(NOT fingerprint MATCHES "^[0-9a-f]+$")
  fail("expected a hexadecimal number for the metadata inlay.model_fingerprint, found '${fingerprint}'.")
endif()

# ---- its tensors, in the order of their data ----
set(order "")
string(JSON count LENGTH "${header}")
if(count EQUAL 0)
  fail("expected the tensors of a model, found none.")
endif()
math(EXPR last "${count} - 1")
foreach(index RANGE ${last})
  string(JSON tensor MEMBER "${header}" ${index})
  if(tensor STREQUAL "__metadata__")
    continue()
  endif()
  if(NOT tensor MATCHES "^[A-Za-z0-9_.-]+$")
    fail("tensor '${tensor}': expected a name of letters, digits, dots, dashes and underscores.")
  endif()
  string(JSON type ERROR_VARIABLE error GET "${header}" ${tensor} dtype)
  string(JSON begin ERROR_VARIABLE error_begin GET "${header}" ${tensor} data_offsets 0)
  string(JSON end ERROR_VARIABLE error_end GET "${header}" ${tensor} data_offsets 1)
  string(JSON rank ERROR_VARIABLE error_rank LENGTH "${header}" ${tensor} shape)
  if(error OR error_begin OR error_end OR error_rank)
    fail("tensor ${tensor}: expected a dtype, a shape and two data_offsets.")
  endif()
  if(tensor MATCHES "^(training|optimizer)\\.")
    fail("expected weights alone, found the tensor ${tensor} of a training checkpoint; embed the model.safetensors beside it.")
  endif()
  if(NOT type STREQUAL "F32")
    fail("tensor ${tensor}: expected numbers of type F32, as the program computes with them, found ${type}.")
  endif()
  if(rank GREATER 8)
    fail("tensor ${tensor}: expected at most 8 dimensions, found ${rank}.")
  endif()
  set(bytes 4)
  set(shape "")
  if(rank GREATER 0)
    math(EXPR last_size "${rank} - 1")
    foreach(place RANGE ${last_size})
      string(JSON size GET "${header}" ${tensor} shape ${place})
      math(EXPR bytes "${bytes} * ${size}")
      list(APPEND shape ${size})
    endforeach()
  endif()
  math(EXPR found "${end} - ${begin}")
  math(EXPR data_end "${data_begin} + ${end}")
  if(NOT bytes EQUAL found OR bytes LESS 4)
    fail("tensor ${tensor}: expected ${bytes} bytes for its shape, found data_offsets of ${found} bytes.")
  endif()
  if(data_end GREATER file_bytes)
    fail("tensor ${tensor}: expected its data before byte ${file_bytes}, where the file ends, found its end at ${data_end}; the file is cut off.")
  endif()
  string(LENGTH "${begin}" digits)
  math(EXPR missing "19 - ${digits}")
  string(REPEAT 0 ${missing} zeros)
  list(APPEND order "${zeros}${begin}/${tensor}")
  set(bytes_of_${tensor} ${bytes})
  set(begin_of_${tensor} ${begin})
  list(JOIN shape ", " shape_of_${tensor})
  set(rank_of_${tensor} ${rank})
endforeach()
if(NOT order)
  fail("expected the tensors of a model, found none.")
endif()
list(SORT order)
list(TRANSFORM order REPLACE "^[0-9]+/" "")

# ---- alignments: of the tensors, and of the structs that hold them ----
foreach(tensor IN LISTS order)
  set(alignment 4)
  while(alignment LESS 64)
    math(EXPR rest "${bytes_of_${tensor}} % (2 * ${alignment})")
    if(NOT rest EQUAL 0)
      break()
    endif()
    math(EXPR alignment "2 * ${alignment}")
  endwhile()
  set(alignment_of_${tensor} ${alignment})
  set(struct ".${tensor}")
  while(struct MATCHES "^(.*)\\.[^.]*$")
    set(struct "${CMAKE_MATCH_1}")
    if(NOT DEFINED struct_alignment_${struct} OR struct_alignment_${struct} LESS alignment)
      set(struct_alignment_${struct} ${alignment})
      set(begin_alignment_${struct} ${alignment})
      if(struct MATCHES "^(.*\\.)([0-9]+)$")
        foreach(earlier RANGE ${CMAKE_MATCH_2})
          if(NOT DEFINED begin_alignment_${CMAKE_MATCH_1}${earlier} OR begin_alignment_${CMAKE_MATCH_1}${earlier} LESS alignment)
            set(begin_alignment_${CMAKE_MATCH_1}${earlier} ${alignment})
          endif()
        endforeach()
      endif()
    endif()
  endwhile()
endforeach()

# ---- places ----
macro(align_to alignment)
  math(EXPR position "(${position} + ${alignment} - 1) / ${alignment} * ${alignment}")
endmacro()
macro(put_gap)
  if(position GREATER filled)
    math(EXPR gap "${position} - ${filled}")
    string(APPEND places "    \".space ${gap}\\n\"\n")
  endif()
endmacro()
set(position 0)
set(filled 0)  # what has been written so far
set(open "")  # the struct that the last tensor lies in
set(places "")
set(table "")
foreach(tensor IN LISTS order)
  string(REGEX REPLACE "\\.[^.]*$" "" inside ".${tensor}")
  while(NOT "${inside}." MATCHES "^${open}\\.")  # structs that end before this tensor
    align_to(${struct_alignment_${open}})
    string(REGEX REPLACE "\\.[^.]*$" "" open "${open}")
  endwhile()
  while(NOT open STREQUAL inside)  # structs that begin with it
    string(LENGTH "${open}" length)
    string(SUBSTRING "${inside}" ${length} -1 rest)
    string(REGEX MATCH "^\\.[^.]*" next "${rest}")
    string(APPEND open "${next}")
    align_to(${begin_alignment_${open}})
  endwhile()
  align_to(${alignment_of_${tensor}})
  put_gap()
  math(EXPR from "${data_begin} + ${begin_of_${tensor}}")
  string(APPEND places "    INLAY_BYTES(${from}, ${bytes_of_${tensor}})  // ${tensor}, at ${position}\n")
  if(rank_of_${tensor} GREATER 0)
    set(sizes "{${shape_of_${tensor}}}")
  else()
    set(sizes "{}")
  endif()
  string(APPEND table "    {\"${tensor}\", ${position}, ${rank_of_${tensor}}, ${sizes}},\n")
  math(EXPR position "${position} + ${bytes_of_${tensor}}")
  set(filled ${position})
endforeach()
while(NOT open STREQUAL "")
  align_to(${struct_alignment_${open}})
  string(REGEX REPLACE "\\.[^.]*$" "" open "${open}")
endwhile()
align_to(${struct_alignment_})
put_gap()

# ---- what is written ----
file(SHA256 "${file}" hash)
string(SUBSTRING ${hash} 0 16 hash)
set(symbol inlay_weights_${name}_${hash})
get_filename_component(short "${file}" NAME)
string(REGEX REPLACE "([\\\"])" "\\\\\\1" short "${short}")
string(REGEX REPLACE "([\\\"])" "\\\\\\1" quoted "${file}")
string(REGEX REPLACE "([\\\"])" "\\\\\\1" quoted "${quoted}")  # a C++ string that holds one of the assembler

file(WRITE "${folder}/${name}_weights.cpp.new" "\
// Made by inlay_embed_weights: the tensors of ${short}, each where ParametersOf<Model> has it.
#define INLAY_TEXT_(x) #x
#define INLAY_TEXT(x) INLAY_TEXT_(x)
#define INLAY_SYMBOL INLAY_TEXT(__USER_LABEL_PREFIX__) \"${symbol}\"
#define INLAY_BYTES(from, count) \" .incbin \\\"${quoted}\\\", \" #from \", \" #count \"\\n\"
#if defined(__ELF__)
#define INLAY_BEGIN \".pushsection .rodata.inlay_weights,\\\"a\\\",%progbits\\n .hidden \" INLAY_SYMBOL \"\\n .type \" INLAY_SYMBOL \",%object\\n .size \" INLAY_SYMBOL \", ${position}\\n\"
#define INLAY_END \".popsection\\n\"
#elif defined(_WIN32)
#define INLAY_BEGIN \".section .rdata,\\\"dr\\\"\\n\"
#define INLAY_END \".text\\n\"
#elif defined(__APPLE__)
#define INLAY_BEGIN \".section __TEXT,__const\\n\"
#define INLAY_END \".text\\n\"
#else
#error \"inlay_embed_weights: objects of this kind (neither ELF nor COFF nor Mach-O) are not known to it; load the weights with inlay::io::load_weights.\"
#endif
asm(INLAY_BEGIN \" .globl \" INLAY_SYMBOL \"\\n .balign 64\\n\" INLAY_SYMBOL \":\\n\"
${places}    INLAY_END);
")

file(WRITE "${folder}/${name}_weights.hpp.new" "\
#pragma once
// Made by inlay_embed_weights from ${short}.

#include <inlay/modules/embedded.hpp>

extern \"C\" const unsigned char ${symbol}[${position}];

namespace inlay::inline INLAY_ABI::embedded {

inline constexpr EmbeddedTensor ${name}_tensors[] = {
${table}};
inline constexpr std::uint64_t ${name}_layout = detail::embedded_layout(${name}_tensors);

template <class Model>
const ParametersOf<Model>& ${name}_unchecked() {
  static_assert(detail::has_fingerprint<Model>(0x${fingerprint}),
                \"inlay: ${short} holds the weights of another model: expected the fingerprint ${fingerprint} of the file, found \"
                \"that of another configuration; embed the file that was trained with this one, or use its configuration\");
  static_assert(sizeof(ParametersOf<Model>) == ${position},
                \"inlay: ${short} has ${position} bytes of weights with their alignment, the parameters of this model have \"
                \"more or less; embed the file that was trained with this model\");
  return *reinterpret_cast<const ParametersOf<Model>*>(${symbol});
}

// Null where names, shapes and places of the tensors are those of the model.
template <class Model>
const char* ${name}_mismatch() {
  if (detail::has_layout<Model>(${name}_unchecked<Model>(), ${name}_layout)) return nullptr;
  return \"${short}: expected tensors with the names, shapes and order of the program's model, found others; \"
         \"embed the file that was trained with this model\";
}

template <class Model>
const ParametersOf<Model>& ${name}() {
  if (${name}_mismatch<Model>() != nullptr) INLAY_ASSERT_FAILED(${name}_mismatch);
  return ${name}_unchecked<Model>();
}

}  // namespace inlay::inline INLAY_ABI::embedded
")
file(RENAME "${folder}/${name}_weights.cpp.new" "${folder}/${name}_weights.cpp")
file(RENAME "${folder}/${name}_weights.hpp.new" "${folder}/${name}_weights.hpp")
