// Reads and writes pipes and terminals of the host without waiting in the kernel for longer than `patience`.
#pragma once
#include "transfer.h"

namespace wasi_common {

enum class Direction : short { in = POLLIN, out = POLLOUT };

// Moves what is there, or what finds room. The size, or `pending`, or the failure.
Answer move_some(State& state, const File& file, Vectors& vectors, Direction direction);

// Writes all of the block's spans unless the guest asked for NONBLOCK: block.progress counts from call to call.
Answer write_all(State& state, const File& file, std::uint32_t spans);

}  // namespace wasi_common
