// Knows how long somebody has waited.
#pragma once
#include <cstdint>

namespace wasi_common {

// Nanoseconds of a clock that only rises.
std::uint64_t monotonic();
// Sleeps, to the millisecond or finer where the system can.
void sleep_for(std::uint64_t nanoseconds);

}  // namespace wasi_common
