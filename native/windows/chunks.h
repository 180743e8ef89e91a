// The chunks of guest memory that a call names.
#pragma once
#include <algorithm>
#include <cstring>

#include "state.h"

namespace wasi_common {

struct Chunk {
  std::uint8_t* base;
  std::uint32_t length;
};

class Chunks {
 public:
  // The most bytes that move through the addon's buffer, in one call.
  static constexpr std::uint32_t at_once = 65536;

  // Reads the first `count` spans of the block: at most `limit` bytes, after the first `skipped`.
  Answer gather(State& state, std::uint32_t count, std::uint64_t limit = max_transfer, std::uint64_t skipped = 0) {
    if (count > max_spans) return refuse(Errno::Inval);
    count_ = 0;
    total_ = 0;
    cut_ = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Span span = state.guest.block().spans[i];
      std::uint8_t* const base = state.guest.memory(span.offset, span.length);
      if (base == nullptr) return refuse(Errno::Fault);
      const std::uint64_t passed = std::min<std::uint64_t>(skipped, span.length);
      const std::uint64_t length = std::min(span.length - passed, limit - total_);
      skipped -= passed;
      cut_ = cut_ || length < span.length - passed;
      if (length == 0) continue;
      chunks_[count_++] = {base + passed, static_cast<std::uint32_t>(length)};
      total_ += length;
    }
    return 0;
  }
  bool empty() const { return count_ == 0; }
  // True if the limit excluded some bytes.
  bool cut() const { return cut_; }
  std::uint32_t count() const { return count_; }
  std::uint64_t total() const { return total_; }
  Chunk* begin() { return chunks_; }
  Chunk* end() { return chunks_ + count_; }

  // Copies to and from a buffer. Returns the number of bytes in it.
  std::uint32_t copy_to(std::uint8_t* buffer, std::uint32_t room) const {
    std::uint32_t size = 0;
    for (std::uint32_t i = 0; i < count_ && size < room; ++i) {
      const std::uint32_t fits = std::min(chunks_[i].length, room - size);
      std::memcpy(buffer + size, chunks_[i].base, fits);
      size += fits;
    }
    return size;
  }
  void copy_from(const std::uint8_t* buffer, std::uint64_t size) {
    for (std::uint32_t i = 0; i < count_ && size > 0; ++i) {
      const auto fits = std::min<std::uint64_t>(chunks_[i].length, size);
      std::memcpy(chunks_[i].base, buffer, fits);
      buffer += fits;
      size -= fits;
    }
  }

 private:
  std::uint32_t count_ = 0;
  std::uint64_t total_ = 0;
  bool cut_ = false;
  Chunk chunks_[max_spans];
};

}  // namespace wasi_common
