// Translates a guest's flags and times for Windows.
#include "times.h"

#include "disk.h"

namespace wasi_common {

Answer times_to_set(const Block& block, std::uint32_t flags, std::int64_t (&times)[2]) {
  if (flags > fstflags::all) return refuse(Errno::Inval);
  for (int i = 0; i < 2; ++i, flags >>= 2) {
    const bool given = (flags & fstflags::atim) != 0;
    const bool now = (flags & fstflags::atim_now) != 0;
    if (given && now) return refuse(Errno::Inval);
    times[i] = given ? from_nanoseconds(block.times[i]) : now ? file_time() : 0;
  }
  return 0;
}

}  // namespace wasi_common
