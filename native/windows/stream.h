// Reads and writes pipes, consoles and devices.
#pragma once
#include "state.h"

namespace wasi_common {

// The longest time that a thread blocks in the system at once, in milliseconds. It cannot be
// terminated meanwhile.
inline constexpr int patience = 50;

// The result if the call would have to wait for longer.
inline Answer not_yet(const File& file) { return file.asked_nonblock() ? refuse(Errno::Again) : pending; }

// The number of bytes moved, 0 at the end; `pending`; AGAIN if the guest set NONBLOCK; or the
// failure.
Answer read_stream(State& state, File& file, std::uint8_t* into, std::uint32_t size);
Answer write_stream(State& state, File& file, const std::uint8_t* from, std::uint32_t size);

}  // namespace wasi_common
