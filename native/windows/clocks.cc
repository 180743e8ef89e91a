// Maps WASI's clocks to those of Windows.
#include "win.h"

#include "disk.h"
#include "host.h"
#include "times.h"

namespace wasi_common {
namespace {

constexpr std::uint64_t second = 1000000000;

std::int64_t whole(const FILETIME& time) {
  return static_cast<std::int64_t>(std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime);
}

std::uint64_t frequency() {
  LARGE_INTEGER ticks;
  ::QueryPerformanceFrequency(&ticks);
  return static_cast<std::uint64_t>(ticks.QuadPart);
}

// The units are 100 nanoseconds.
std::uint64_t spent(const FILETIME& kernel, const FILETIME& user) {
  return static_cast<std::uint64_t>(whole(kernel) + whole(user)) * 100;
}

}  // namespace

std::int64_t file_time() {
  FILETIME time;
  ::GetSystemTimePreciseAsFileTime(&time);
  return whole(time);
}

std::uint64_t monotonic() {
  static const std::uint64_t ticks = frequency();
  LARGE_INTEGER now;
  ::QueryPerformanceCounter(&now);
  const auto count = static_cast<std::uint64_t>(now.QuadPart);
  return count / ticks * second + count % ticks * second / ticks;
}

Answer Host::now(std::uint32_t clock) {
  FILETIME made;
  FILETIME ended;
  FILETIME kernel;
  FILETIME user;
  std::uint64_t& time = state_.guest.block().time;
  switch (clock) {
    case 0: time = to_nanoseconds(file_time()); return 0;
    case 1: time = monotonic(); return 0;
    case 2:
      if (!::GetProcessTimes(::GetCurrentProcess(), &made, &ended, &kernel, &user))
        return state_.guest.result("GetProcessTimes", static_cast<int>(::GetLastError()));
      time = spent(kernel, user);
      return 0;
    case 3:
      if (!::GetThreadTimes(::GetCurrentThread(), &made, &ended, &kernel, &user))
        return state_.guest.result("GetThreadTimes", static_cast<int>(::GetLastError()));
      time = spent(kernel, user);
      return 0;
    default: return refuse(Errno::Inval);
  }
}

Answer Host::resolution(std::uint32_t clock) {
  if (clock > 3) return refuse(Errno::Inval);
  std::uint64_t& time = state_.guest.block().time;
  if (clock == 0) {
    time = 100;
  } else if (clock == 1) {
    const std::uint64_t ticks = frequency();
    time = ticks >= second ? 1 : second / ticks;
  } else {
    // Windows charges a thread's time at each clock tick.
    DWORD adjustment = 0;
    DWORD increment = 0;
    BOOL disabled = FALSE;
    ::GetSystemTimeAdjustment(&adjustment, &increment, &disabled);
    time = increment == 0 ? 15625000 : std::uint64_t{increment} * 100;
  }
  return 0;
}

}  // namespace wasi_common
