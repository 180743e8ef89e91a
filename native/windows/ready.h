// Knows what is ready, of all that is neither file nor socket.
#pragma once
#include "state.h"

namespace wasi_common {

struct Readiness {
  bool now = false;
  bool hangup = false;
  double bytes = 0;  // that a read would find
};

// The readiness of a pipe, a console or a device, and of a file, which is always ready.
Readiness readiness(const File& file, std::int32_t want);
// The same, with the file's mutex locked, until it is or the time is over.
bool ready_within(const File& file, std::int32_t want, int milliseconds);
// The number of bytes that a pipe takes at once; 0 where it cannot tell.
int pipe_room(const File& file);

}  // namespace wasi_common
