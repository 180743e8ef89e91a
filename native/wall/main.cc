// wasi-common-wall: sets a wall around itself, which nobody behind it can take down, and becomes the program that it is told.
//
//   wasi-common-wall [--strict] [--parent PID] [--keep FD] [--tell FD] [--run PATH] [--read PATH] [--write PATH] ... -- PROGRAM
//   ARGUMENTS
//
// --strict: refuse where this kernel lacks a part of the wall. --parent: die with this process. --keep: the last descriptor that
// stays open, 2 if left out. --tell: write there, as a line of JSON, how the wall is. The rest are rules: what can be executed,
// read, or read and written, with all below it. A program's path is not searched for.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "landlock.h"
#include "seccomp.h"

extern char** environ;

namespace wasi_common::wall {
namespace {

// Below it files could be cut to nothing by their names, all over the machine.
constexpr int least_version = 3;

constexpr int wrong_use = 64;
constexpr int not_to_be_had = 69;

struct Plan {
  bool strict = false;
  pid_t parent = 0;
  int keep = 2;
  int tell = -1;
  Rule* rules = nullptr;
  std::size_t count = 0;
  char** command = nullptr;

  Plan() = default;
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan() { std::free(rules); }
  void add(Access access, const char* path) { rules[count++] = {access, path}; }
};

int number(const char* word) { return static_cast<int>(std::strtol(word, nullptr, 10)); }

bool parse(int count, char** words, Plan& plan) {
  // Fewer than there are words.
  plan.rules = static_cast<Rule*>(std::calloc(static_cast<std::size_t>(count), sizeof(Rule)));
  if (plan.rules == nullptr) return false;
  for (int i = 1; i < count; i++) {
    const std::string_view word = words[i];
    if (word == "--") {
      plan.command = words + i + 1;
      return i + 1 < count;
    }
    if (word == "--strict") {
      plan.strict = true;
      continue;
    }
    if (++i == count) return false;
    const char* value = words[i];
    if (word == "--parent")
      plan.parent = number(value);
    else if (word == "--keep")
      plan.keep = number(value);
    else if (word == "--tell")
      plan.tell = number(value);
    else if (word == "--run")
      plan.add(Access::Run, value);
    else if (word == "--read")
      plan.add(Access::Read, value);
    else if (word == "--write")
      plan.add(Access::Write, value);
    else
      return false;
  }
  return false;
}

// A line of JSON, of numbers and words that need no escapes.
[[gnu::format(printf, 2, 3)]] void tell(const Plan& plan, const char* format, ...) {
  char line[256];
  va_list values;
  va_start(values, format);
  const int size = std::vsnprintf(line, sizeof(line), format, values);
  va_end(values);
  if (plan.tell >= 0 && ::write(plan.tell, line, static_cast<std::size_t>(size)) < 0) std::perror("wasi-common-wall: write");
}

int fail(const Plan& plan, const char* call) {
  const int error = errno;
  tell(plan, "{\"kind\":\"broken\",\"call\":\"%s\",\"error\":%d}\n", call, error);
  std::fprintf(stderr, "wasi-common-wall: %s: %s\n", call, std::strerror(error));
  return not_to_be_had;
}

// What the one who started this has open, and forgot to close on exec.
void close_above(int last) {
  constexpr long close_range_number = 436;
  const unsigned first = static_cast<unsigned>(last) + 1;
  if (::syscall(close_range_number, first, ~0U, 0) == 0) return;
  const long most = ::sysconf(_SC_OPEN_MAX);
  for (long fd = first; fd < most; fd++) ::close(static_cast<int>(fd));
}

// Root keeps what concerns the modes of files, so that they are as they are for it elsewhere; who is not root has nothing to
// lose.
void drop_capabilities() {
  constexpr int dac_override = 1;
  constexpr int dac_read_search = 2;
  constexpr int fowner = 3;
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    if (capability != dac_override && capability != dac_read_search && capability != fowner)
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

int stand(const Plan& plan) {
  close_above(plan.keep);
  // The guest's process must not speak for the launcher.
  if (plan.tell > 2 && ::fcntl(plan.tell, F_SETFD, FD_CLOEXEC) != 0) return fail(plan, "fcntl");
  if (plan.parent != 0) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail(plan, "prctl");
    // It may have died before that.
    if (::getppid() != plan.parent) return not_to_be_had;
  }
  const int program = ::open(plan.command[0], O_PATH | O_CLOEXEC);
  if (program < 0) return fail(plan, "open");
  drop_capabilities();
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(plan, "prctl");
  const int version = landlock_version();
  if (version > 0)
    if (const char* failed = landlock(version, plan.rules, plan.count)) return fail(plan, failed);
  const bool filtered = give_up_calls(program);
  const bool refused = plan.strict && (version < least_version || !filtered);
  tell(plan, "{\"kind\":\"%s\",\"landlock\":%d,\"seccomp\":%s}\n", refused ? "refused" : "wall", version,
       filtered ? "true" : "false");
  if (refused) {
    if (plan.tell < 0)
      std::fprintf(stderr, "wasi-common-wall: this kernel has Landlock %d, seccomp %s\n", version, filtered ? "yes" : "no");
    return not_to_be_had;
  }
  ::syscall(SYS_execveat, program, "", plan.command, environ, AT_EMPTY_PATH);
  return fail(plan, "execveat");
}

}  // namespace
}  // namespace wasi_common::wall

int main(int count, char** words) {
  wasi_common::wall::Plan plan;
  if (!wasi_common::wall::parse(count, words, plan)) {
    std::fputs(
        "wasi-common-wall [--strict] [--parent PID] [--keep FD] [--tell FD] [--run|--read|--write PATH] ... -- PROGRAM ...\n",
        stderr);
    return wasi_common::wall::wrong_use;
  }
  return wasi_common::wall::stand(plan);
}
