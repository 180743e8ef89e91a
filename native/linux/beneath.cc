// Calls openat2(2) by its number, because glibc has no wrapper for it (openat2(2), NOTES).
#include <fcntl.h>
#include <sys/syscall.h>

#include <cstdint>

#include "fd.h"
#include "platform.h"
#include "system-call.h"

namespace wasi_common::platform {
namespace {

// The same number on every architecture. Older headers have neither it nor <linux/openat2.h>.
constexpr long openat2_number = 437;
struct open_how {
  std::uint64_t flags;
  std::uint64_t mode;
  std::uint64_t resolve;
};
#ifndef RESOLVE_BENEATH
constexpr std::uint64_t RESOLVE_NO_MAGICLINKS = 0x02;
constexpr std::uint64_t RESOLVE_BENEATH = 0x08;
#endif
// Any rename or mount on the machine may race with the call: EAGAIN (openat2(2)). After this many
// attempts the caller falls back to the walk.
constexpr int attempts = 8;

int openat2(int dir, const char* path, int flags, mode_t mode) {
  const open_how how{static_cast<std::uint32_t>(flags), mode, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  return static_cast<int>(retry([&] { return system_call(openat2_number, dir, path, &how, sizeof(how)); }));
}

}  // namespace

const int search_flags = O_PATH;

bool resolves_beneath(int root) { return Descriptor(openat2(root, ".", O_PATH | O_CLOEXEC, 0)).open(); }

int open_beneath(int dir, const char* path, int flags, mode_t mode) {
  for (int attempt = 1;; ++attempt) {
    const int fd = openat2(dir, path, flags, mode);
    if (fd >= 0 || errno != EAGAIN || attempt == attempts) return fd;
  }
}

}  // namespace wasi_common::platform
