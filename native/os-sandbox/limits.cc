// Bounds the shared kernel resources that a process may use.
#include "limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace wasi_common::os_sandbox {
namespace {

// Enough for Node, and few enough to bound all pairs of an epoll and a watched descriptor to 2^18.
constexpr rlim_t most_descriptors = 1024;
// Several times the sum of Node's own threads and the most that a guest may have.
constexpr rlim_t most_new_threads = 4096;

constexpr struct {
  decltype(RLIMIT_CORE) what;
  rlim_t most;
} bounds[] = {
    // 1 rather than 0: for 0 the kernel still pipes a dump to the program in core_pattern, but not
    // for 1.
    // @see https://man7.org/linux/man-pages/man5/core.5.html
    {RLIMIT_CORE, 1},
    // Resources that the kernel counts per user: pending signals, locked memory, queues
    // (getrlimit(2)).
    {RLIMIT_SIGPENDING, 64},
    {RLIMIT_MEMLOCK, 0},
    {RLIMIT_MSGQUEUE, 0},
    // No priority above the host's threads.
    {RLIMIT_RTPRIO, 0},
    {RLIMIT_NICE, 0},
};

bool bound(decltype(RLIMIT_CORE) what, rlim_t most) {
  rlimit limit;
  if (::getrlimit(what, &limit) != 0) return false;
  limit.rlim_max = std::min(limit.rlim_max, most);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  return ::setrlimit(what, &limit) == 0;
}

// Reads a file as a NUL-terminated text. Returns its size.
std::size_t read_file(const char* path, char* text, std::size_t size) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t count = ::read(fd, text, size - 1);
  ::close(fd);
  text[count < 0 ? 0 : count] = '\0';
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

// The kernel counts threads, and checks RLIMIT_NPROC, per user. The machine's current total is at
// least the user's, so a limit above it still allows new threads. Root is exempt (getrlimit(2)).
bool bound_threads() {
  char text[128];
  if (read_file("/proc/loadavg", text, sizeof(text)) == 0) return true;
  const char* const slash = std::strchr(text, '/');
  const long present = slash == nullptr ? 0 : std::strtol(slash + 1, nullptr, 10);
  return present <= 0 || bound(RLIMIT_NPROC, static_cast<rlim_t>(present) + most_new_threads);
}

// Best effort, because /proc may be missing.
void be_first_without_memory() {
  const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (::write(fd, "1000", 4) != 4) std::perror("wasi-common-sandbox: oom_score_adj");
  ::close(fd);
}

}  // namespace

const char* open_program(const char* path, int& program) {
  const int opened = ::open(path, O_PATH | O_CLOEXEC);
  if (opened < 0) return "open";
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return "getrlimit";
  const rlim_t number = std::min(limit.rlim_max, most_descriptors + 1) - 1;
  limit.rlim_cur = std::max(limit.rlim_cur, number + 1);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return "setrlimit";
  program = ::fcntl(opened, F_DUPFD_CLOEXEC, static_cast<int>(number));
  if (program < 0) return "fcntl";
  ::close(opened);
  const rlimit below{number, number};
  return ::setrlimit(RLIMIT_NOFILE, &below) == 0 ? nullptr : "setrlimit";
}

const char* bound_supplies() {
  for (const auto& [what, most] : bounds)
    if (!bound(what, most)) return "setrlimit";
  if (!bound_threads()) return "setrlimit";
  be_first_without_memory();
  return nullptr;
}

}  // namespace wasi_common::os_sandbox
