#pragma once
// Memory blocks: weights, or all that training continues from, as bytes that can be copied, sent and put into flash.
//
//   0    8 bytes  "inlayblk"
//   8    U32      0x01020304 in the byte order of the processor that wrote it
//   12   U32      version of this layout, 1
//   16   U32      kind: 1 weights, 2 checkpoint of a training
//   20   U32      0
//   24   U64      fingerprint of the model
//   32   U64      bytes that follow the header, a multiple of 64
//   40   U64      FNV-1a over them
//   48   U64 x 2  0
//   64   weights: Parameters as they lie in memory, used in place where the block is aligned
//        checkpoint: Parameters, each moment, then TrainingState
//        then zeros up to a multiple of 64, so that blocks side by side in an array are all aligned
//
// Alignment of a tensor depends on its size alone, so the layout is the same on every target of one byte order. A file
// (inlay::io) is the form for all of them. Reading checks everything before it uses anything; writing trusts nothing of
// what the memory held.

#include <inlay/c/answer.hpp>
#include <inlay/modules/module.hpp>

#include <cstring>

namespace inlay::inline INLAY_ABI::c {

enum class BlockKind : std::uint32_t { weights = 1, checkpoint = 2 };

struct BlockHeader {
  char name[8];
  std::uint32_t order, version, kind, reserved;
  std::uint64_t fingerprint, bytes, checksum, more[2];
};
static_assert(sizeof(BlockHeader) == INLAY_ALIGNMENT, "inlay: the content of a block is aligned as the block is");

inline constexpr char block_name[9] = "inlayblk";
inline constexpr std::uint32_t block_order = 0x01020304u;

// The content of a block whose parts have that many bytes.
constexpr size_t content_of_parts(size_t bytes) {
  return (bytes + INLAY_ALIGNMENT - 1) / INLAY_ALIGNMENT * INLAY_ALIGNMENT;
}
template <class Model>
inline constexpr size_t weights_content = content_of_parts(sizeof(ParametersOf<Model>));
template <class Model>
inline constexpr size_t weights_bytes = sizeof(BlockHeader) + weights_content<Model>;

// What tells this model from others. One that does not say it itself is named by its tensors.
template <class Model>
std::uint64_t fingerprint_of(const ParametersOf<Model>& parameters) {
  if constexpr (requires { Model::fingerprint(); }) {
    return Model::fingerprint();
  } else {
    Hash hash;
    visit<Model>(
        [&](const Path& path, const auto& tensor) {
          hash.text(path.text().c_str());
          for (const size_t size : std::remove_cvref_t<decltype(tensor)>::shape) hash.number(size);
        },
        parameters);
    return hash.value();
  }
}

INLAY_NO_INLINE inline std::uint64_t checksum_of(const void* content, size_t bytes) {
  Hash hash;
  const auto* const byte = static_cast<const unsigned char*>(content);
  for (size_t i = 0; i < bytes; ++i) hash.byte(byte[i]);
  return hash.value();
}

// Completes a block whose parts, `bytes` in all, are where they belong: the zeros behind them, and the header.
INLAY_NO_INLINE inline void seal_block(void* block, BlockKind kind, std::uint64_t fingerprint, size_t bytes) {
  BlockHeader header{};
  const size_t content = content_of_parts(bytes);
  std::memset(static_cast<unsigned char*>(block) + sizeof header + bytes, 0, content - bytes);
  std::memcpy(header.name, block_name, sizeof header.name);
  header.order = block_order;
  header.version = 1;
  header.kind = static_cast<std::uint32_t>(kind);
  header.fingerprint = fingerprint;
  header.bytes = content;
  header.checksum = checksum_of(static_cast<const unsigned char*>(block) + sizeof header, content);
  std::memcpy(block, &header, sizeof header);
}

// Whether `block` is an undamaged one of this kind, of this model and with this much content.
INLAY_NO_INLINE inline bool check_block(Answer& answer, const void* block, size_t bytes, BlockKind kind,
                                        std::uint64_t fingerprint, size_t content, const char* argument) {
  if (!answer.points(block, argument)) return false;
  BlockHeader header{};
  if (bytes < sizeof header) {
    answer.fail(INLAY_MEMORY_TOO_SMALL) << argument << " has " << bytes << " bytes; a block has at least "
                                        << sizeof header;
    return false;
  }
  std::memcpy(&header, block, sizeof header);
  const auto wrong = [&]() -> Answer& { return answer.fail(INLAY_WRONG_BLOCK) << argument; };
  if (std::memcmp(header.name, block_name, sizeof header.name) != 0) {
    wrong() << " is not a block of inlay: it does not begin with \"inlayblk\"";
  } else if (header.order != block_order) {
    wrong() << " was written on a processor of the other byte order; a file moves weights between them";
  } else if (header.version != 1) {
    wrong() << " has layout version " << header.version << ", expected 1; write it anew with this inlay";
  } else if (header.reserved != 0 || header.more[0] != 0 || header.more[1] != 0) {
    wrong() << " has something in bytes of its header that layout version 1 leaves zero; write or send it again";
  } else if (header.kind != static_cast<std::uint32_t>(kind)) {
    wrong() << (kind == BlockKind::weights ? " holds something else, expected weights: those of get_weights or "
                                             "weights_load_file"
                                           : " holds something else, expected a checkpoint: that of trainer_save");
  } else if (header.bytes != content) {
    wrong() << " is of another model: its content has " << header.bytes << " bytes, expected " << content
            << "; write it anew with this model";
  } else if (header.fingerprint != fingerprint) {
    wrong() << " is of another model with as many bytes: its fingerprint is " << header.fingerprint << ", expected "
            << fingerprint << "; write it anew with this model";
  } else if (bytes - sizeof header < content) {
    answer.fail(INLAY_MEMORY_TOO_SMALL) << argument << " is cut short: found " << bytes << " bytes, expected "
                                        << sizeof header + content;
  } else if (header.checksum != checksum_of(static_cast<const unsigned char*>(block) + sizeof header, content)) {
    answer.fail(INLAY_DAMAGED_BLOCK) << argument
                                     << " is damaged: its checksum is not that of its content; write or send it again";
  } else {
    return true;
  }
  return false;
}

// A block with weights of the model; `parameters` only lend their type and names.
template <class Model>
bool check_weights_block(Answer& answer, const void* block, size_t bytes, const ParametersOf<Model>& parameters) {
  return check_block(answer, block, bytes, BlockKind::weights, fingerprint_of<Model>(parameters),
                     weights_content<Model>, "weights");
}

// The weights inside an aligned block.
template <class Model>
const ParametersOf<Model>& parameters_in(const void* block) {
  return *reinterpret_cast<const ParametersOf<Model>*>(static_cast<const unsigned char*>(block) + sizeof(BlockHeader));
}
// The same after every check, for what uses a block in place; null where one failed.
template <class Model>
const ParametersOf<Model>* use_in_place(Answer& answer, const void* block, size_t bytes) {
  if (!answer.room(block, bytes, sizeof(BlockHeader), "weights", "WEIGHTS") || !answer.aligned(block, "weights"))
    return nullptr;
  const ParametersOf<Model>& parameters = parameters_in<Model>(block);
  return check_weights_block<Model>(answer, block, bytes, parameters) ? &parameters : nullptr;
}

}  // namespace inlay::inline INLAY_ABI::c
