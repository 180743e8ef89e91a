// Closes descriptors by number.
#include "descriptors.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace wasi_common::os_sandbox {
namespace {

void close_between(unsigned first, unsigned last) {
  constexpr long close_range_number = 436;
  if (first > last || ::syscall(close_range_number, first, last, 0) == 0) return;
  const long open = ::sysconf(_SC_OPEN_MAX);
  const long most = last < static_cast<unsigned>(open) ? last + 1L : open;
  for (long fd = first; fd < most; fd++) ::close(static_cast<int>(fd));
}

}  // namespace

void close_from(unsigned first) { close_between(first, ~0U); }

void close_all_but(int kept) {
  if (kept > 0) close_between(0, static_cast<unsigned>(kept) - 1);
  close_from(static_cast<unsigned>(kept + 1));
}

}  // namespace wasi_common::os_sandbox
