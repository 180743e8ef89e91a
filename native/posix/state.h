// Knows what a Host consists of on POSIX: its table of open files, where memory lies, the last failure.
#pragma once
#include <string>
#include <vector>

#include "block.h"
#include "failure.h"
#include "fd.h"
#include "platform.h"
#include "resolve.h"
#include "wasi.h"

namespace wasi_common {

static_assert(sizeof(off_t) == 8, "large files");

struct File {
  int fd = -1;  // -1: this place in the table is free
  Filetype type = Filetype::Unknown;
  bool adopted = false;     // never closed; its description is shared with the host, so F_SETFL is out of the question
  bool socket = false;      // a true socket: a FIFO has the type of one
  bool waits = false;       // an adopted pipe or terminal: a call on it may keep its thread waiting
  bool root = false;        // a preopen: what is above it is nobody's business
  std::uint32_t flags = 0;  // fdflags as the guest sees them
  dev_t device = 0;         // of a root
  ino_t inode = 0;
  platform::ListingPointer listing;

  bool is_directory() const { return type == Filetype::Directory; }
  bool asked_nonblock() const { return (flags & fdflags::nonblock) != 0; }
};

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
  State(Block* block, bool walk_only) : block_(block), walk_only_(walk_only) {
    for (std::uint32_t& handle : listed_) handle = UINT32_MAX;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  Block& block() { return *block_; }
  const Failure& failure() const { return failure_; }
  const char* resolver();

  void bind(std::uint8_t* memory, std::uint64_t size);
  // Guest memory, or null where it does not reach so far.
  std::uint8_t* memory(std::uint32_t at, std::uint32_t length);

  // Null for a handle that is not open.
  File* file(std::uint32_t handle) { return handle < files_.size() && files_[handle].fd >= 0 ? &files_[handle] : nullptr; }
  // The answer is the handle; fills block.opened. Pointers to files are void afterwards.
  Answer place(File&& file);
  // The descriptor, which the caller closes; -1 for one that was adopted.
  Descriptor remove(std::uint32_t handle);
  // Whether a status is that of a preopened directory.
  bool is_root(const struct stat& status) const;

  // The answer for a system call that failed with errno `error`.
  Answer failed(const char* call, int error, const char* path = nullptr);
  // The same for the embedder, who wants to know it all.
  Answer failed_embedder(const char* call, int error, const std::string* path = nullptr);

  // 0, or why a guest's path cannot be used.
  Answer path(std::uint32_t at, std::uint32_t length, Path& path);
  // The first two steps of every path call: a directory and a path.
  Answer directory_and_path(std::uint32_t dir, std::uint32_t at, std::uint32_t length, int& fd, Path& path);
  // Leave to work on the last name of a path. `how` as in resolve.h.
  Answer lease(int dir, const Path& path, unsigned how, Held& lease);
  // Opens a path with open(2)'s flags. 0 and `fd`, or the error.
  Answer open(int dir, const Path& path, bool follow_last, int flags, Descriptor& fd);
  Answer status_at(int dir, const Path& path, bool follow_last, struct stat& status);

  bool beneath();
  // Where a directory is read, made anew if it was given up.
  platform::Listing* listing(std::uint32_t handle);

 private:
  Answer lease_by_kernel(int dir, const Path& path, unsigned how, Held& lease, bool& walk);
  // What a failed open_beneath() is; `walk` when it is to be walked instead.
  Answer failed_beneath(int error, const Path& path, bool& walk);
  Answer lease_by_walk(int dir, const Path& path, unsigned how, Held& lease);

  Block* block_;
  std::uint8_t* memory_ = nullptr;
  std::uint64_t memory_size_ = 0;
  bool walk_only_;
  std::vector<File> files_;
  std::size_t lowest_ = 0;  // every place below it is taken
  // A listing has a large buffer and can be made again, so only the last few are kept: a ring of their handles.
  std::uint32_t listed_[16];
  std::size_t next_listed_ = 0;
  Failure failure_;
};

// What a status says, in the guest's terms. `fd` tells datagram sockets from streams; -1 where there is none.
Filetype filetype(const struct stat& status, int fd);
void write_filestat(const struct stat& status, Filetype type, Filestat& record);
// utimensat()'s argument. INVAL for a contradiction.
Answer times_to_set(const Block& block, std::uint32_t flags, timespec (&times)[2]);
std::uint64_t nanoseconds(const timespec& time);

}  // namespace wasi_common
