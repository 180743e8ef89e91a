// Knows what a Host sees of its guest: linear memory, the block that both sides share, paths, and the last failure.
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
  // Guest memory, or null where it does not reach so far.
  std::uint8_t* memory(std::uint32_t at, std::uint32_t length);

  // The answer for a system call that failed with the host's number `error`.
  Answer failed(const char* call, int error, const char* path = nullptr);
  // The same where `error` is 0 if nothing failed, which 0 answers.
  Answer result(const char* call, int error, const char* path = nullptr) { return error == 0 ? 0 : failed(call, error, path); }
  // The same for the embedder, who wants to know it all.
  Answer failed_embedder(const char* call, int error, const std::string* path = nullptr);

  // 0, or why a guest's path cannot be used.
  Answer path(std::uint32_t at, std::uint32_t length, Path& path);
  // The same for one that begins in a directory.
  Answer relative_path(std::uint32_t at, std::uint32_t length, Path& path);

 private:
  Block* block_;
  std::uint8_t* memory_ = nullptr;
  std::uint64_t memory_size_ = 0;
  Failure failure_;
};

}  // namespace wasi_common
