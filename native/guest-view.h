// The host's view of one guest: linear memory, the shared block, paths, and the last failure.
#pragma once
#include <string>

#include "block.h"
#include "failure.h"
#include "path.h"
#include "wasi.h"

namespace wasi_common {

class GuestView {
 public:
  explicit GuestView(Block* block) : block_(block) {}
  GuestView(const GuestView&) = delete;
  GuestView& operator=(const GuestView&) = delete;

  Block& block() { return *block_; }
  const Failure& failure() const { return failure_; }

  void bind(std::uint8_t* memory, std::uint64_t size);
  // Returns a pointer into guest memory, or null if the range is out of bounds.
  std::uint8_t* memory(std::uint32_t at, std::uint32_t length) {
    return std::uint64_t{at} + length <= memory_size_ ? memory_ + at : nullptr;
  }

  // The Answer for a system call that failed with the host's error number `error`.
  Answer failed(const char* call, int error, const char* path = nullptr);
  // The same, but 0 if `error` is 0.
  Answer result(const char* call, int error, const char* path = nullptr) { return error == 0 ? 0 : failed(call, error, path); }
  // The same for an embedder's call, which always keeps the error in full.
  Answer failed_embedder(const char* call, int error, const std::string* path = nullptr);

  // Copies and checks a guest's path. Returns 0, or the error.
  Answer path(std::uint32_t at, std::uint32_t length, Path& path) {
    if (length == 0) return refuse(Errno::NoEnt);
    if (length > max_path) return refuse(Errno::NameTooLong);
    const std::uint8_t* const from = memory(at, length);
    if (from == nullptr) return refuse(Errno::Fault);
    return path.copy(from, length) ? 0 : refuse(Errno::Inval);
  }
  // The same for a path that must be relative to a directory.
  Answer relative_path(std::uint32_t at, std::uint32_t length, Path& path) {
    if (const Answer refused = this->path(at, length, path); refused != 0) return refused;
    return path.bytes[0] == '/' ? refuse(Errno::NotCapable) : 0;
  }

 private:
  Block* block_;
  std::uint8_t* memory_ = nullptr;
  std::uint64_t memory_size_ = 0;
  Failure failure_;
};

}  // namespace wasi_common
