// Bounds the time that a call blocks on a descriptor whose blocking mode differs from the guest's
// fdflags.
#pragma once
#include <sys/uio.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "state.h"

namespace wasi_common {

// The longest time that a thread blocks in the kernel at once, in milliseconds. It cannot be
// terminated meanwhile.
inline constexpr int patience = 50;

// True if a call on this descriptor would not block, now or within `milliseconds`.
inline bool ready(int fd, short event, int milliseconds) {
  pollfd entry{fd, event, 0};
  return ::poll(&entry, 1, milliseconds) != 0;
}

// Serializes calls on a description shared with the host, which may be a blocking one. Two threads
// may find the same bytes ready, and the second would then block in the kernel.
class TimedLock {
 public:
  TimedLock(const File& file, int milliseconds) {
    if (file.mutex == nullptr) return;
    lock_ = std::unique_lock<std::timed_mutex>(*file.mutex, std::try_to_lock);
    waited_ = !lock_.owns_lock();
    taken_ = !waited_ || lock_.try_lock_for(std::chrono::milliseconds(milliseconds));
  }
  // False if the lock was not acquired in time.
  explicit operator bool() const { return taken_; }
  // True if the lock was not free at once: then the call must not wait again.
  bool waited() const { return waited_; }

 private:
  std::unique_lock<std::timed_mutex> lock_;
  bool taken_ = true;
  bool waited_ = false;
};

// Makes a call that may have to wait for `event`. Returns its size, `pending`, or the failure of
// `name`.
//
// Files that the addon opened are non-blocking, and calls on sockets are made so: waiting happens
// here. Pipes and terminals of the host, whose mode is neither changed nor trusted, belong to
// stream.h.
template <class Call>
Answer transfer(State& state, const File& file, short event, const char* name, Call call) {
  const auto result = retry(call);
  if (result != -1) return result;
  if (file.asked_nonblock() || (errno != EAGAIN && errno != EWOULDBLOCK)) return state.guest.failed(name, errno);
  ready(file.fd, event, patience);
  return pending;
}

// The most bytes that one call moves if more calls can follow. A fast reader could otherwise keep a
// thread writing, which could then not be terminated.
inline constexpr std::uint64_t at_once = 65536;

// Spans of guest memory as the kernel's iovec.
class Vectors {
 public:
  Vectors() = default;
  Vectors(void* base, std::size_t length) : count_(1) { vectors_[0] = {base, length}; }
  // Reads the first `count` spans of the block: at most `limit` bytes, after the first `skipped`.
  Answer gather(State& state, std::uint32_t count, std::uint64_t limit = max_transfer, std::uint64_t skipped = 0);
  bool empty() const { return vectors_[0].iov_len == 0; }
  // True if the limit excluded some bytes.
  bool cut() const { return cut_; }
  std::uint64_t size() const {
    std::uint64_t sum = 0;
    for (int i = 0; i < count_; ++i) sum += vectors_[i].iov_len;
    return sum;
  }
  // Truncates the vectors to the first `most` bytes.
  void limit(std::size_t most) {
    for (int i = 0; i < count_; ++i) {
      vectors_[i].iov_len = std::min(vectors_[i].iov_len, most);
      most -= vectors_[i].iov_len;
    }
  }
  // The system calls on these vectors. For a single vector, two arguments are faster than a copied
  // iovec.
  ssize_t read(int fd) {
    return count_ == 1 ? platform::read(fd, vectors_->iov_base, vectors_->iov_len) : ::readv(fd, vectors_, count_);
  }
  ssize_t write(int fd) {
    return count_ == 1 ? platform::write(fd, vectors_->iov_base, vectors_->iov_len) : ::writev(fd, vectors_, count_);
  }
  ssize_t read_at(int fd, off_t place) {
    return count_ == 1 ? platform::pread(fd, vectors_->iov_base, vectors_->iov_len, place)
                       : ::preadv(fd, vectors_, count_, place);
  }
  ssize_t write_at(int fd, off_t place) {
    return count_ == 1 ? platform::pwrite(fd, vectors_->iov_base, vectors_->iov_len, place)
                       : ::pwritev(fd, vectors_, count_, place);
  }
  struct iovec* begin() { return vectors_; }
  int count() const { return count_; }

 private:
  int count_ = 0;
  bool cut_ = false;
  struct iovec vectors_[max_spans];
};

}  // namespace wasi_common
