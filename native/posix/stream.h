// Reads and writes the host's pipes and terminals without blocking in the kernel for longer than
// `patience`.
#pragma once
#include "transfer.h"

namespace wasi_common {

enum class Direction : short { in = POLLIN, out = POLLOUT };

// Moves the bytes available, or as many as fit. Returns the size, `pending`, or the failure.
Answer move_some(State& state, const File& file, Vectors& vectors, Direction direction);

// Writes all of the block's spans unless the guest set NONBLOCK: block.progress counts from call to
// call.
Answer write_all(State& state, const File& file, std::uint32_t spans);

}  // namespace wasi_common
