// Resolves a guest's paths, without ever leaving the directories that it has open.
//
// Resolver calls Kernel and the walk of resolve.h. All three call Reserve, because each descriptor
// that they hold temporarily counts.
#pragma once
#include <sys/stat.h>

#include "fd.h"
#include "guest-view.h"
#include "kernel.h"
#include "links.h"
#include "reserve.h"
#include "resolved.h"

namespace wasi_common {

class Resolver {
 public:
  Resolver(GuestView& guest, Reserve& reserve, bool walk_only)
      : guest_(guest), reserve_(reserve), kernel_(guest, reserve, walk_only) {}

  // The resolver's name: "openat2" or "walk".
  const char* name() const { return kernel_.is_known_to_resolve() ? "openat2" : "walk"; }
  // Probes the kernel for resolving paths beneath `dir`, unless that is known.
  void ask_kernel(int dir) { kernel_.resolves(dir); }

  // Resolves a path up to its last name, which is valid as long as `path` and `resolved`. `how` as
  // in resolve.h.
  Answer parent(int dir, const Path& path, unsigned how, Resolved& resolved);
  // Opens a path with open(2)'s flags. Returns 0 and `fd`, or the error. With `unchanged`, O_CREAT
  // of a missing file is ROFS.
  Answer open(int dir, const Path& path, bool follow_last, int flags, bool unchanged, Descriptor& fd);
  Answer status(int dir, const Path& path, bool follow_last, struct stat& status);

 private:
  struct Request;

  Answer resolve(int dir, const Path& path, const Request& request, Resolved& resolved);
  template <class Act, class Take>
  Answer act_on_last(int dir, const Path& path, bool follow_last, const Request& request, Act act, Take take);

  GuestView& guest_;
  Reserve& reserve_;
  Kernel kernel_;
  Links links_;
};

}  // namespace wasi_common
