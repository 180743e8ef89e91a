// Knows how long a call waits on a descriptor whose blocking mode is not what the guest believes.
#pragma once
#include <sys/uio.h>

#include "state.h"

namespace wasi_common {

// Whether a descriptor would not keep a call waiting now.
inline bool ready(int fd, short event) {
  pollfd entry{fd, event, 0};
  return ::poll(&entry, 1, 0) != 0;
}

// Makes a call that may have to wait for `event`.
//
// The description behind an adopted descriptor is shared with the host and with whoever started it (a shell's terminal),
// so its mode is neither changed nor trusted: libuv may have made it non-blocking, which the guest must not notice, and a
// guest that asks for non-blocking gets it by asking poll(2) first.
template <class Call>
auto transfer(const File& file, short event, Call call) -> decltype(call()) {
  if (file.adopted && file.asked_nonblock() && !ready(file.fd, event)) {
    errno = EAGAIN;
    return -1;
  }
  for (;;) {
    const auto result = retry(call);
    if (result != -1 || (errno != EAGAIN && errno != EWOULDBLOCK) || file.asked_nonblock()) return result;
    pollfd entry{file.fd, event, 0};
    if (retry([&] { return ::poll(&entry, 1, -1); }) == -1) return -1;
  }
}

// Spans of guest memory as the kernel wants them.
class Vectors {
 public:
  // Reads the first `count` spans of the block. No more than `limit` bytes.
  Answer gather(State& state, std::uint32_t count, std::uint64_t limit = max_transfer);
  struct iovec* begin() { return vectors_; }
  int count() const { return count_; }

 private:
  int count_ = 0;
  struct iovec vectors_[max_spans];
};

}  // namespace wasi_common
