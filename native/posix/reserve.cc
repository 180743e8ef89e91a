// Computes which descriptors are reserved for the host, from the limit of the process.
#include "reserve.h"

#include <sys/resource.h>

#include <algorithm>
#include <climits>

namespace wasi_common {

int first_reserved() {
  // As many as lib/sys/typescript/reserve.ts keeps.
  constexpr rlim_t kept = 64;
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= INT_MAX) return INT_MAX;
  return static_cast<int>(limit.rlim_cur - std::min(kept, limit.rlim_cur / 2));
}

}  // namespace wasi_common
