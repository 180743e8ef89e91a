// Knows what a Host consists of on Windows: a table of open files, where memory lies, the last failure.
#pragma once
#include <memory>
#include <string>

#include "block.h"
#include "disk.h"
#include "failure.h"
#include "file.h"
#include "resolve.h"
#include "table.h"
#include "wasi.h"

namespace wasi_common {

// A path, copied from guest memory.
struct Path {
  std::size_t length = 0;
  char bytes[max_path + 1];

  // A single name which is neither "." nor "..": nothing to resolve.
  bool plain() const;
};

// A lease that leaves its directory, and the last name as Windows wants it.
struct Held : Lease {
  Held() = default;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (owned) Object{object()};
  }
  nt::Object object() const { return reinterpret_cast<nt::Object>(directory); }
  std::u16string spelled;
};

// How the guest wants a file opened.
struct Wanted {
  std::uint32_t oflags;
  std::uint32_t fdflags;
  std::uint32_t access;
};

class State {
 public:
  // There is one way to resolve paths here, so `walk_only` says nothing new.
  State(Block* block, bool walk_only, std::shared_ptr<Table> table);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Block& block() { return *block_; }
  const Failure& failure() const { return failure_; }
  const char* resolver() const { return "walk"; }

  void bind(std::uint8_t* memory, std::uint64_t size);
  // Guest memory, or null where it does not reach so far.
  std::uint8_t* memory(std::uint32_t at, std::uint32_t length);

  const std::shared_ptr<Table>& table() { return table_; }
  Pin file(Handle handle) { return table_->pin(handle); }
  // Fills block.opened.
  void describe(const File& file);
  // The answer is the handle; fills block.opened.
  Answer place(File&& file);

  // The answer for a system call that failed, with an NTSTATUS or a number of Win32 or Winsock. One that succeeded is 0.
  Answer failed(const char* call, int error, const char* path = nullptr);
  // The same for the embedder, who wants to know it all.
  Answer failed_embedder(const char* call, int error, const std::string* path = nullptr);

  // 0, or why a guest's path cannot be used.
  Answer path(std::uint32_t at, std::uint32_t length, Path& path);
  // The first two steps of every path call: a directory and a path.
  Answer directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path);
  // Leave to work on the last name of a path. `how` as in resolve.h.
  Answer lease(nt::Object dir, const Path& path, unsigned how, Held& lease);
  // Opens what a path leads to, and says in `file` what it is.
  Answer open(const File& dir, const Path& path, bool follow_last, const Wanted& wanted, File& file);
  Answer status_at(const File& dir, const Path& path, bool follow_last);
  // Fills block.record.
  Answer status(nt::Object file, Filetype type, std::uint64_t device, const char* path = nullptr);

 private:
  Answer walk(nt::Object dir, const Path& path, unsigned how, Held& lease);
  Answer open_name(nt::Object dir, const char* name, const Wanted& wanted, const Path& path, File& file, bool& is_link);

  Block* block_;
  std::uint8_t* memory_ = nullptr;
  std::uint64_t memory_size_ = 0;
  std::shared_ptr<Table> table_;  // also of the other threads of the guest
  Failure failure_;
};

}  // namespace wasi_common
