// Makes calls on the host's pipes and terminals return at once, in whichever blocking mode the host
// opened them.
#include "stream.h"

#include <fcntl.h>

#include <climits>

namespace wasi_common {
namespace {

ssize_t move(int fd, Vectors& vectors, Direction direction) {
  return direction == Direction::out ? vectors.write(fd) : vectors.read(fd);
}

ssize_t move_through_second(State& state, int fd, Vectors& vectors, Direction direction) {
  Descriptor second = reopen_pipe(fd, direction == Direction::out ? O_WRONLY : O_RDONLY);
  if (!second.open() || state.reserve.check(second) != 0) {
    errno = !second.open() && errno == EBADF ? EBADF : EOPNOTSUPP;
    return -1;
  }
  const ssize_t moved = move(second.get(), vectors, direction);
  const int error = errno;
  second.reset();
  errno = error;
  return moved;
}

// EAGAIN if no bytes are available, or none fit; EOPNOTSUPP if the call might block.
ssize_t move_now(State& state, const File& file, Vectors& vectors, Direction direction) {
  if (const int own = file.terminal.instead_of(file.fd); own != -1) return move(own, vectors, direction);
  const ssize_t moved = direction == Direction::out ? platform::write_now(file.fd, vectors.begin(), vectors.count())
                                                    : platform::read_now(file.fd, vectors.begin(), vectors.count());
  return moved == -1 && errno == EOPNOTSUPP ? move_through_second(state, file.fd, vectors, direction) : moved;
}

// Falls back to poll(2). Another process may take the bytes that it reports, and a terminal may
// have less space than PIPE_BUF. Then the call blocks in the kernel.
ssize_t move_when_ready(const File& file, Vectors& vectors, Direction direction, int milliseconds) {
  const TimedLock lock(file, milliseconds);
  if (!lock || !ready(file.fd, static_cast<short>(direction), lock.waited() ? 0 : milliseconds)) {
    errno = EAGAIN;
    return -1;
  }
  if (direction == Direction::out) vectors.limit(PIPE_BUF);
  return retry([&] { return move(file.fd, vectors, direction); });
}

}  // namespace

Answer move_some(State& state, const File& file, Vectors& vectors, Direction direction) {
  const int milliseconds = file.asked_nonblock() ? 0 : patience;
  const auto now = [&] { return retry([&] { return move_now(state, file, vectors, direction); }); };
  ssize_t moved = now();
  if (moved == -1 && errno == EAGAIN && milliseconds > 0) {
    if (!ready(file.fd, static_cast<short>(direction), milliseconds)) return pending;
    moved = now();
    // A terminal may report space that is too small, because a line end becomes two characters. The
    // pause avoids a busy loop.
    if (moved == -1 && errno == EAGAIN) ::poll(nullptr, 0, 1);
  }
  if (moved == -1 && errno == EOPNOTSUPP) moved = move_when_ready(file, vectors, direction, milliseconds);
  if (moved != -1) return moved;
  if (errno != EAGAIN) return state.guest.failed(direction == Direction::out ? "writev" : "readv", errno);
  return milliseconds > 0 ? pending : refuse(Errno::Again);
}

Answer write_all(State& state, const File& file, std::uint32_t spans) {
  std::uint32_t& progress = state.guest.block().progress;
  Vectors vectors;
  if (const Answer refused = vectors.gather(state, spans, at_once, progress); refused != 0) return refused;
  const std::uint64_t offered = vectors.size();
  if (offered == 0 && progress > 0) return progress;
  const Answer moved = move_some(state, file, vectors, Direction::out);
  // Bytes already written count more than a later failure.
  if (moved < 0) return moved == pending || progress == 0 ? moved : progress;
  progress += static_cast<std::uint32_t>(moved);
  const bool last = static_cast<std::uint64_t>(moved) == offered && offered < at_once;
  return last || moved == 0 || file.asked_nonblock() ? progress : pending;
}

}  // namespace wasi_common
