// Knows what a Host consists of on POSIX: a table of open files, where memory lies, the last failure.
#pragma once
#include <memory>
#include <string>

#include "block.h"
#include "failure.h"
#include "fd.h"
#include "platform.h"
#include "resolve.h"
#include "table.h"
#include "wasi.h"

namespace wasi_common {

static_assert(sizeof(off_t) == 8, "large files");

// A path, copied from guest memory.
struct Path {
  std::size_t length = 0;
  char bytes[max_path + 1];

  // A single name which is neither "." nor "..": nothing to resolve.
  bool plain() const;
};

// A lease that leaves its directory.
struct Held : Lease {
  Held() = default;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (owned) Descriptor{fd()};
  }
  int fd() const { return static_cast<int>(directory); }
};

class State {
 public:
  State(Block* block, bool walk_only, std::shared_ptr<Table> table);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Block& block() { return *block_; }
  const Failure& failure() const { return failure_; }
  const char* resolver();

  void bind(std::uint8_t* memory, std::uint64_t size);
  // Guest memory, or null where it does not reach so far.
  std::uint8_t* memory(std::uint32_t at, std::uint32_t length);

  const std::shared_ptr<Table>& table() { return table_; }
  Pin file(Handle handle) { return table_->pin(handle); }
  // Finds out of what type a file is. 0, or why it cannot be told.
  Answer learn(File& file);
  // Fills block.opened.
  void describe(const File& file);
  // The answer is the handle; fills block.opened.
  Answer place(File&& file);

  // The answer for a system call that failed with errno `error`.
  Answer failed(const char* call, int error, const char* path = nullptr);
  // The same for the embedder, who wants to know it all.
  Answer failed_embedder(const char* call, int error, const std::string* path = nullptr);

  // 0, or why a guest's path cannot be used.
  Answer path(std::uint32_t at, std::uint32_t length, Path& path);
  // The first two steps of every path call: a directory and a path.
  Answer directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path);
  // Leave to work on the last name of a path. `how` as in resolve.h.
  Answer lease(int dir, const Path& path, unsigned how, Held& lease);
  // MFILE for a descriptor that the host must keep for itself: a guest that opens all it can shall not stop its host's work.
  Answer spare(const Descriptor& fd) const;
  // Opens a path with open(2)'s flags. 0 and `fd`, or the error.
  Answer open(int dir, const Path& path, bool follow_last, int flags, Descriptor& fd);
  Answer status_at(int dir, const Path& path, bool follow_last, struct stat& status);

  // Whether the kernel resolves paths beneath a directory, which is asked of `dir` if it is not known yet.
  bool beneath(int dir);

 private:
  Answer lease_by_kernel(int dir, const Path& path, unsigned how, Held& lease, bool& walk);
  // What a failed open_beneath() is; `walk` when it is to be walked instead.
  Answer failed_beneath(int error, const Path& path, bool& walk);
  Answer lease_by_walk(int dir, const Path& path, unsigned how, Held& lease);

  Block* block_;
  std::uint8_t* memory_ = nullptr;
  std::uint64_t memory_size_ = 0;
  bool walk_only_;
  int highest_;                   // descriptors of guests are below it
  std::shared_ptr<Table> table_;  // also of the other threads of the guest
  Failure failure_;
};

// What a status says, in the guest's terms. `fd` tells datagram sockets from streams; -1 where there is none.
Filetype filetype(const struct stat& status, int fd);
void write_filestat(const struct stat& status, Filetype type, Filestat& record);
// utimensat()'s argument. INVAL for a contradiction.
Answer times_to_set(const Block& block, std::uint32_t flags, timespec (&times)[2]);
std::uint64_t nanoseconds(const timespec& time);
// Whether connections can be accepted from it.
bool listens(int socket);

}  // namespace wasi_common
