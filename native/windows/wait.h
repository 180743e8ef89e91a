// Monotonic time and sleeping.
#pragma once
#include <cstdint>

namespace wasi_common {

// Nanoseconds of a monotonic clock.
std::uint64_t monotonic();
// Sleeps, to the millisecond or finer if the system supports it.
void sleep_for(std::uint64_t nanoseconds);

}  // namespace wasi_common
