// The readiness of pipes, consoles and devices.
#pragma once
#include "state.h"

namespace wasi_common {

struct Readiness {
  bool now = false;
  bool hangup = false;
  double bytes = 0;  // available to a read
};

// The readiness of a pipe, a console or a device. A file is always ready.
Readiness readiness(const File& file, std::int32_t want);
// Waits, with the file's mutex locked, until it is ready or the time is over.
bool ready_within(const File& file, std::int32_t want, int milliseconds);
// The number of bytes that a pipe accepts at once; 0 if that is unknown.
int pipe_room(const File& file);

}  // namespace wasi_common
