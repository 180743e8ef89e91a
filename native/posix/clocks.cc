// Maps WASI's clocks to those of the host.
#include <ctime>

#include "filestat.h"
#include "host.h"

namespace wasi_common {
namespace {

constexpr clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};

}  // namespace

Answer Host::now(std::uint32_t clock) {
  if (clock >= std::size(clocks)) return refuse(Errno::Inval);
  timespec time;
  if (::clock_gettime(clocks[clock], &time) != 0) return state_.guest.failed("clock_gettime", errno);
  state_.guest.block().time = nanoseconds(time);
  return 0;
}

Answer Host::resolution(std::uint32_t clock) {
  if (clock >= std::size(clocks)) return refuse(Errno::Inval);
  timespec time;
  if (::clock_getres(clocks[clock], &time) != 0) return state_.guest.failed("clock_getres", errno);
  state_.guest.block().time = nanoseconds(time);
  return 0;
}

}  // namespace wasi_common
