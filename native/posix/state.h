// Knows what a Host on POSIX has besides what every Host has: how paths become descriptors.
#pragma once
#include <memory>

#include "base.h"
#include "fd.h"
#include "platform.h"
#include "reserve.h"
#include "resolve.h"

namespace wasi_common {

static_assert(sizeof(off_t) == 8, "large files");

// A resolved parent that leaves its directory.
struct OwnedParent : ResolvedParent {
  OwnedParent() = default;
  OwnedParent(const OwnedParent&) = delete;
  OwnedParent& operator=(const OwnedParent&) = delete;
  ~OwnedParent() {
    if (owned) Descriptor{fd()};
  }
  int fd() const { return static_cast<int>(directory); }
};

class State : public Base {
 public:
  State(Block* block, bool walk_only, std::shared_ptr<Table> table);

  const char* resolver();

  // Fetches the type of a lazy file. 0, or the error.
  Answer fetch_type(File& file);
  // Fills block.opened.
  void describe(const File& file);
  // The answer is the handle; fills block.opened.
  Answer place(File&& file);

  // The first two steps of every path call: a directory and a path.
  Answer directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path);
  // Resolves a path up to its last name. `how` as in resolve.h.
  Answer resolve_parent(int dir, const Path& path, unsigned how, OwnedParent& resolved);
  // MFILE for a descriptor that is reserved for the host: a guest that opens all it can must not stop the host's work. Every
  // descriptor that a guest's call opens is checked before the next, those held in passing like those that stay. So each thread
  // has at most one of the reserve, and closes it at once.
  Answer check_reserve(const Descriptor& fd);
  // The same of the descriptor that comes next, for a call that would have made a file, cut one or taken a connection before it
  // is refused. `any` is an open descriptor.
  Answer check_next(int any);
  // Opens a path with open(2)'s flags. 0 and `fd`, or the error. With `unchanged`, ROFS for what O_CREAT would make.
  Answer open(int dir, const Path& path, bool follow_last, int flags, bool unchanged, Descriptor& fd);
  Answer status_at(int dir, const Path& path, bool follow_last, struct stat& status);

  // Whether the kernel resolves paths beneath a directory, which is asked of `dir` if it is not known yet.
  bool beneath(int dir);

 private:
  Answer resolve_by_kernel(int dir, const Path& path, unsigned how, OwnedParent& resolved, bool& walk);
  // Opens what the kernel finds beneath `dir`. 0 and `fd`, or the error; `walk` when the path must be walked instead.
  Answer open_beneath(int dir, const char* path, int flags, mode_t mode, Descriptor& fd, bool& walk);
  Answer refused_beneath(int dir, const char* path, bool& walk);
  Answer resolve_by_walk(int dir, const Path& path, unsigned how, OwnedParent& resolved);

  bool walk_only_;
  int first_reserved_;
  int latest_;  // the number of the descriptor that was checked last
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
