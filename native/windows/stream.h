// Knows what moves the bytes of all that is neither file nor socket: pipes, consoles, devices.
#pragma once
#include "state.h"

namespace wasi_common {

// The longest time that a thread waits in the system at once, in milliseconds. It cannot be ended meanwhile.
inline constexpr int patience = 50;

// The result where it would have to wait for longer.
inline Answer not_yet(const File& file) { return file.asked_nonblock() ? refuse(Errno::Again) : pending; }

// The number of bytes that were moved, 0 at the end; `pending`, AGAIN where the guest asked not to wait, or the failure.
Answer read_stream(State& state, File& file, std::uint8_t* into, std::uint32_t size);
Answer write_stream(State& state, File& file, const std::uint8_t* from, std::uint32_t size);

}  // namespace wasi_common
