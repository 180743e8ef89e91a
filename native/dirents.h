// Writes directory entries to guest memory, one after the other. The last one is truncated at the
// end of the buffer.
#pragma once
#include <algorithm>
#include <cstring>

#include "wasi.h"

namespace wasi_common {

class Dirents {
 public:
  Dirents(std::uint8_t* buffer, std::uint32_t size) : buffer_(buffer), size_(size) {}

  bool full() const { return written_ == size_; }
  std::uint32_t written() const { return written_; }
  // False for a truncated entry. The guest requests it again, by the cookie before it.
  bool put(const Dirent& record, const char* name) { return put(&record, sizeof(record)) && put(name, record.name_length); }

 private:
  bool put(const void* bytes, std::size_t size) {
    const std::size_t fits = std::min<std::size_t>(size, size_ - written_);
    std::memcpy(buffer_ + written_, bytes, fits);
    written_ += static_cast<std::uint32_t>(fits);
    return fits == size;
  }

  std::uint8_t* buffer_;
  std::uint32_t size_;
  std::uint32_t written_ = 0;
};

}  // namespace wasi_common
