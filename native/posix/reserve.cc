// Computes the host's reserve of descriptors from the limit of the process, and checks descriptors
// against it.
#include "reserve.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "platform.h"

namespace wasi_common {

int first_reserved() {
  // The same number as in lib/sys/typescript/reserve.ts.
  constexpr rlim_t kept = 64;
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= INT_MAX) return INT_MAX;
  return static_cast<int>(limit.rlim_cur - std::min(kept, limit.rlim_cur / 2));
}

Reserve::Reserve(GuestView& guest) : guest_(guest), first_reserved_(first_reserved()), latest_(first_reserved_) {}

Answer Reserve::check(const Descriptor& fd) {
  latest_ = fd.get();
  return latest_ < first_reserved_ ? 0 : refuse(Errno::Mfile);
}

Answer Reserve::check_next(int any) {
  // Saves two system calls as long as the reserve is far away. If the host opens half of all
  // descriptors between two calls of the guest, the second is refused late, but still refused.
  if (latest_ < first_reserved_ / 2) return 0;
  Descriptor next(::fcntl(any, F_DUPFD_CLOEXEC, 0));
  // The OS sandbox refuses to duplicate a descriptor. It has no sockets, so `any` is a directory
  // there.
  if (!next.open() && errno == EPERM) next = Descriptor(::openat(any, ".", platform::search_flags | O_CLOEXEC));
  return next.open() ? check(next) : guest_.failed("fcntl", errno);
}

}  // namespace wasi_common
