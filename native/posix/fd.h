// Owns a descriptor, and repeats calls that a signal interrupted.
#pragma once
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "platform.h"

namespace wasi_common {

// Repeats a system call until no signal interrupts it (EINTR).
template <class Call>
auto retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

// A descriptor that its owner closes.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = other.release();
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  // Returns 0, or -1 and errno. Never repeated: the descriptor is gone even after EINTR (close(2),
  // NOTES).
  int reset() { return fd_ < 0 ? 0 : platform::close(release()); }

 private:
  int fd_ = -1;
};

}  // namespace wasi_common
