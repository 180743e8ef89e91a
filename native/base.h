// Knows what a Host consists of on every platform: a table of open files, where memory lies, the last failure.
#pragma once
#include <memory>
#include <string>

#include "block.h"
#include "failure.h"
#include "path.h"
#include "table.h"
#include "wasi.h"

namespace wasi_common {

class Base {
 public:
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;

  Block& block() { return *block_; }
  const Failure& failure() const { return failure_; }

  void bind(std::uint8_t* memory, std::uint64_t size);
  // Guest memory, or null where it does not reach so far.
  std::uint8_t* memory(std::uint32_t at, std::uint32_t length);

  const std::shared_ptr<Table>& table() { return table_; }
  Pin file(Handle handle) { return table_->pin(handle); }

  // The answer for a system call that failed with the host's number `error`.
  Answer failed(const char* call, int error, const char* path = nullptr);
  // The same for the embedder, who wants to know it all.
  Answer failed_embedder(const char* call, int error, const std::string* path = nullptr);

  // 0, or why a guest's path cannot be used.
  Answer path(std::uint32_t at, std::uint32_t length, Path& path);

 protected:
  Base(Block* block, std::shared_ptr<Table> table) : block_(block), table_(std::move(table)) {}
  ~Base() = default;

  // The same for one that begins in `dir`, if that is a directory.
  Answer path_in(const File& dir, std::uint32_t at, std::uint32_t length, Path& path);

  Block* block_;

 private:
  std::uint8_t* memory_ = nullptr;
  std::uint64_t memory_size_ = 0;
  std::shared_ptr<Table> table_;  // also of the other threads of the guest
  Failure failure_;
};

}  // namespace wasi_common
