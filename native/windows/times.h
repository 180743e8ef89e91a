// The times that a guest sets.
#pragma once
#include "block.h"

namespace wasi_common {

// The current time in Windows' units.
std::int64_t file_time();
// Access and modification time; 0 for one that stays unchanged. INVAL for contradictory flags.
Answer times_to_set(const Block& block, std::uint32_t flags, std::int64_t (&times)[2]);

}  // namespace wasi_common
