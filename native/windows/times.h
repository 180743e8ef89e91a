// Knows which times a guest wants to be set.
#pragma once
#include "block.h"

namespace wasi_common {

// The time of day as Windows counts it.
std::int64_t file_time();
// Access and modification time; 0 for one that stays. INVAL for a contradiction.
Answer times_to_set(const Block& block, std::uint32_t flags, std::int64_t (&times)[2]);

}  // namespace wasi_common
