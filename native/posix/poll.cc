// Waits for several files at once, or for a time.
#include <sys/ioctl.h>

#include <ctime>
#include <iterator>
#include <vector>

#include "filestat.h"
#include "host.h"

namespace wasi_common {
namespace {

constexpr std::uint64_t second = 1000000000;
constexpr std::uint64_t for_ever = UINT64_MAX;

std::uint64_t monotonic() {
  timespec time;
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return nanoseconds(time);
}

// Polls until a file is ready or `timeout` nanoseconds are over, through any number of signals.
int wait(pollfd* entries, std::size_t count, std::uint64_t timeout) {
  if (timeout == 0) return retry([&] { return platform::look(entries, count); });
  if (timeout == for_ever) return retry([&] { return platform::wait(entries, count, nullptr); });
  const std::uint64_t start = monotonic();
  for (std::uint64_t left = timeout;;) {
    const timespec time{static_cast<time_t>(left / second), static_cast<long>(left % second)};
    const int found = platform::wait(entries, count, &time);
    if (found != -1 || errno != EINTR) return found;
    const std::uint64_t gone = monotonic() - start;
    left = gone < timeout ? timeout - gone : 0;
  }
}

// Converts a handle from JavaScript. A number that is no handle becomes one that is never open.
Handle handle_of(double value) { return value >= 0 && value < 9007199254740992.0 ? static_cast<Handle>(value) : ~Handle{0}; }

// The number of bytes available to a read.
double waiting(State& state, File& file) {
  if (state.files.fetch_type(file) == 0 && file.type == Filetype::RegularFile) {
    struct stat status;
    const off_t place = ::lseek(file.fd, 0, SEEK_CUR);
    if (place < 0 || ::fstat(file.fd, &status) != 0 || status.st_size <= place) return 0;
    return static_cast<double>(status.st_size - place);
  }
  int bytes = 0;
  return ::ioctl(file.fd, FIONREAD, &bytes) == 0 && bytes > 0 ? bytes : 0;
}

}  // namespace

Answer Host::poll(std::uint32_t count, double timeout) {
  if (count > max_polls) return refuse(Errno::Inval);
  Block& block = state_.guest.block();
  pollfd entries[max_polls];
  Pin few[8];
  std::vector<Pin> many(count > std::size(few) ? count : 0);
  Pin* const files = many.empty() ? few : many.data();
  int bad = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    PollEntry& entry = block.poll[i];
    const Pin& file = files[i] = state_.files.pin(handle_of(block.poll_handles[i]));
    const int events = (entry.want & want_read ? POLLIN : 0) | (entry.want & want_write ? POLLOUT : 0);
    // A file never becomes ready in a direction for which it was not opened.
    const bool waitable = file && !((events & POLLIN) && !file->reads) && !((events & POLLOUT) && !file->writes);
    // poll(2) ignores a negative descriptor.
    entries[i] = {waitable ? file->fd : -1, static_cast<short>(events), 0};
    entry.outcome = waitable ? 0 : static_cast<std::int32_t>(refuse(Errno::BadF));
    block.poll_bytes[i] = 0;
    bad += !waitable;
  }

  // A timeout that exceeds 63 bits lasts forever; NaN is 0.
  const std::uint64_t limit = !(timeout > 0) ? 0 : timeout < 9.2e18 ? static_cast<std::uint64_t>(timeout) : for_ever;
  if (count == 0 && limit == 0) return 0;
  if (wait(entries, count, bad > 0 ? 0 : limit) == -1) return state_.guest.failed("poll", errno);

  Answer ready = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    PollEntry& entry = block.poll[i];
    const int found = entries[i].revents;
    if (found & POLLNVAL)
      entry.outcome = static_cast<std::int32_t>(refuse(Errno::BadF));
    else if (found != 0) {
      entry.outcome = ready_yes | (found & (POLLHUP | POLLERR) ? ready_hangup : 0);
      if (entry.want & want_read) block.poll_bytes[i] = waiting(state_, *files[i]);
    }
    ready += entry.outcome != 0;
  }
  return ready;
}

}  // namespace wasi_common
