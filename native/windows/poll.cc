// Waits for several files at once, or for a time. Windows has no call that waits for all kinds
// together, so anything except sockets is polled in turn.
#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "host.h"
#include "ready.h"
#include "wait.h"
#include "win.h"

namespace wasi_common {
namespace {

using nt::SYNCHRONIZE;  // is a part of TIMER_ALL_ACCESS

constexpr std::uint64_t for_ever = UINT64_MAX;
constexpr std::uint64_t millisecond = 1000000;

// Converts a handle from JavaScript. A number that is no handle becomes one that is never open.
Handle handle_of(double value) { return value >= 0 && value < 9007199254740992.0 ? static_cast<Handle>(value) : ~Handle{0}; }

Readiness of_socket(const File& file, std::int32_t want, int milliseconds) {
  WSAPOLLFD entry{reinterpret_cast<SOCKET>(file.object), 0, 0};
  entry.events = static_cast<SHORT>((want & want_read ? POLLRDNORM : 0) | (want & want_write ? POLLWRNORM : 0));
  if (::WSAPoll(&entry, 1, milliseconds) <= 0) return {};
  Readiness found{true, (entry.revents & (POLLHUP | POLLERR)) != 0, 0};
  u_long bytes = 0;
  if ((want & want_read) && ::ioctlsocket(entry.fd, FIONREAD, &bytes) == 0) found.bytes = static_cast<double>(bytes);
  return found;
}

}  // namespace

void sleep_for(std::uint64_t nanoseconds) {
  constexpr DWORD high_resolution = 2;
  // High-resolution timers exist since Windows 10 version 1803. On older systems a sleep lasts a
  // multiple of the clock tick.
  const HANDLE timer = ::CreateWaitableTimerExW(nullptr, nullptr, high_resolution, TIMER_ALL_ACCESS);
  LARGE_INTEGER due;
  due.QuadPart = -static_cast<LONGLONG>((nanoseconds + 99) / 100);
  // Falls back to a plain sleep if the process has no handles left.
  if (timer == nullptr || !::SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE))
    ::Sleep(static_cast<DWORD>((nanoseconds + millisecond - 1) / millisecond));
  else
    ::WaitForSingleObject(timer, INFINITE);
  if (timer != nullptr) ::CloseHandle(timer);
}

Answer Host::poll(std::uint32_t count, double timeout) {
  if (count > max_polls) return refuse(Errno::Inval);
  Block& block = state_.guest.block();
  std::vector<Pin> files;
  files.reserve(count);
  bool bad = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    Pin file = state_.files.pin(handle_of(block.poll_handles[i]));
    const std::int32_t want = block.poll[i].want;
    // A file never becomes ready in a direction for which it was not opened.
    const bool waitable = file && !((want & want_read) && !file->reads) && !((want & want_write) && !file->writes);
    block.poll[i].outcome = waitable ? 0 : static_cast<std::int32_t>(refuse(Errno::BadF));
    block.poll_bytes[i] = 0;
    bad = bad || !waitable;
    files.emplace_back(waitable ? std::move(file) : Pin());
  }
  // A timeout that exceeds 63 bits lasts forever; NaN is 0.
  const std::uint64_t limit = bad || !(timeout > 0) ? 0 : timeout < 9.2e18 ? static_cast<std::uint64_t>(timeout) : for_ever;
  const std::uint64_t start = limit == 0 ? 0 : monotonic();
  for (;;) {
    Answer ready = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      PollEntry& entry = block.poll[i];
      if (!files[i]) {
        ++ready;
        continue;
      }
      const Readiness found = files[i]->is_socket() ? of_socket(*files[i], entry.want, 0) : readiness(*files[i], entry.want);
      entry.outcome = found.now ? ready_yes | (found.hangup ? ready_hangup : 0) : 0;
      block.poll_bytes[i] = found.bytes;
      ready += found.now;
    }
    if (ready > 0 || limit == 0) return ready;
    const std::uint64_t gone = monotonic() - start;
    if (gone >= limit) return 0;
    const std::uint64_t left = limit == for_ever ? for_ever : limit - gone;
    // A single socket is waited for; everything else is polled every millisecond.
    if (count == 1 && files[0]->is_socket())
      of_socket(*files[0], block.poll[0].want, static_cast<int>(std::min<std::uint64_t>(left / millisecond + 1, 1000)));
    else
      sleep_for(count == 0 ? std::min(left, 1000 * millisecond) : std::min(left, millisecond));
  }
}

}  // namespace wasi_common
