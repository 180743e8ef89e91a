// Resolves a guest's paths beneath the directories that it has open.
#pragma once
#include <sys/stat.h>

#include "fd.h"
#include "guest-view.h"
#include "reserve.h"
#include "resolve.h"

namespace wasi_common {

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

class Resolver {
 public:
  Resolver(GuestView& guest, Reserve& reserve, bool walk_only) : guest_(guest), reserve_(reserve), walk_only_(walk_only) {}

  // How paths are resolved: "openat2" or "walk".
  const char* name();
  // Whether the kernel resolves paths beneath a directory, which is asked of `dir` if it is not known yet.
  bool beneath(int dir);

  // Resolves a path up to its last name. `how` as in resolve.h.
  Answer parent(int dir, const Path& path, unsigned how, OwnedParent& resolved);
  // Opens a path with open(2)'s flags. 0 and `fd`, or the error. With `unchanged`, ROFS for what O_CREAT would make.
  Answer open(int dir, const Path& path, bool follow_last, int flags, bool unchanged, Descriptor& fd);
  Answer status(int dir, const Path& path, bool follow_last, struct stat& status);

 private:
  Answer parent_by_kernel(int dir, const Path& path, unsigned how, OwnedParent& resolved, bool& walk);
  // Opens what the kernel finds beneath `dir`. 0 and `fd`, or the error; `walk` when the path must be walked instead.
  Answer open_beneath(int dir, const char* path, int flags, mode_t mode, Descriptor& fd, bool& walk);
  Answer refused_beneath(int dir, const char* path, bool& walk);
  Answer parent_by_walk(int dir, const Path& path, unsigned how, OwnedParent& resolved);

  GuestView& guest_;
  Reserve& reserve_;
  bool walk_only_;
};

}  // namespace wasi_common
