// wasi-common-sandbox: runs a program in an OS sandbox that the program cannot leave, and
// supervises it until it exits.
//
//   wasi-common-sandbox [--strict] [--parent PID] [--keep FD] [--tell FD] [--stdin FD] [--stdout FD]
//   [--stderr FD] [--run PATH] [--read PATH] [--write PATH] ... -- PROGRAM [ARGUMENT ...]
//
// --strict: refuse to run if this kernel lacks a part of the sandbox.
// --parent: die with this process.
// --keep: the last descriptor that stays open, 2 by default.
// --tell: report the state of the sandbox on this descriptor, as a line of JSON, and exit when its
// peer closes. The program does not inherit it, unless it is a standard stream.
// --stdin, --stdout, --stderr: the descriptor that becomes the program's stream. They apply in this
// order, so `--stderr 1` is the program's standard output, too.
// --run, --read, --write: a path that may be executed, read, or read and written, with everything
// below it.
// PROGRAM is a path, which is not searched for in PATH.
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

#include "descriptors.h"
#include "landlock.h"
#include "limits.h"
#include "seccomp.h"
#include "supervise.h"
#include "terminals.h"

extern char** environ;

namespace wasi_common::os_sandbox {
namespace {

// The first ABI version that restricts truncation: before it, open(2) with O_TRUNC empties files
// that may only be read (landlock(7)).
constexpr int least_version = 3;

constexpr int wrong_use = 64;
constexpr int not_to_be_had = 69;

struct Plan {
  bool strict = false;
  pid_t parent = 0;
  int keep = 2;
  int report_to = -1;
  // -1 keeps the existing stream.
  int streams[3] = {-1, -1, -1};
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
  // At most one rule per word of the command line.
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
      plan.report_to = number(value);
    else if (word == "--stdin")
      plan.streams[STDIN_FILENO] = number(value);
    else if (word == "--stdout")
      plan.streams[STDOUT_FILENO] = number(value);
    else if (word == "--stderr")
      plan.streams[STDERR_FILENO] = number(value);
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

// Writes a line of JSON from numbers, and words that need no escapes.
[[gnu::format(printf, 2, 3)]] void report(const Plan& plan, const char* format, ...) {
  char line[256];
  va_list values;
  va_start(values, format);
  const int size = std::vsnprintf(line, sizeof(line), format, values);
  va_end(values);
  if (plan.report_to >= 0 && ::write(plan.report_to, line, static_cast<std::size_t>(size)) < 0)
    std::perror("wasi-common-sandbox: --tell: cannot write the report");
}

int fail(const Plan& plan, const char* call) {
  const int error = errno;
  report(plan, "{\"kind\":\"broken\",\"call\":\"%s\",\"error\":%d}\n", call, error);
  std::fprintf(stderr, "wasi-common-sandbox: %s failed: %s\n", call, std::strerror(error));
  return not_to_be_had;
}

// Reports a call that failed on a file: that of a rule, or the program after the last rule. A path
// may contain any bytes, so the line has the file's index.
int fail_at(const Plan& plan, const char* call, std::size_t at) {
  const int error = errno;
  report(plan, "{\"kind\":\"broken\",\"call\":\"%s\",\"error\":%d,\"file\":%zu}\n", call, error, at);
  const char* const path = at < plan.count ? plan.rules[at].path : plan.command[0];
  std::fprintf(stderr, "wasi-common-sandbox: %s failed for %s: %s\n", call, path, std::strerror(error));
  return not_to_be_had;
}

// Root keeps the capabilities that concern file modes, so that modes mean for it what they mean
// elsewhere. Other users have no capabilities to lose.
void drop_capabilities() {
  constexpr int dac_override = 1;
  constexpr int dac_read_search = 2;
  constexpr int fowner = 3;
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    if (capability != dac_override && capability != dac_read_search && capability != fowner)
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

// Moves the program's streams into place, and marks their old descriptors close-on-exec.
const char* take_streams(const Plan& plan) {
  for (int fd = 0; fd < 3; fd++)
    if (plan.streams[fd] >= 0 && ::dup2(plan.streams[fd], fd) < 0) return "dup2";
  for (const int fd : plan.streams)
    if (fd > STDERR_FILENO && ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return "fcntl";
  return nullptr;
}

// Runs in the process that becomes the program.
int become(const Plan& plan) {
  if (const char* failed = take_streams(plan)) return fail(plan, failed);
  open_terminals_to_write();
  int program = -1;
  if (const char* failed = open_program(plan.command[0], program)) return fail_at(plan, failed, plan.count);
  if (const char* failed = bound_supplies()) return fail(plan, failed);
  drop_capabilities();
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(plan, "prctl");
  const int version = landlock_version();
  std::size_t at = 0;
  if (version > 0)
    if (const char* failed = landlock(version, plan.rules, plan.count, at))
      return at < plan.count ? fail_at(plan, failed, at) : fail(plan, failed);
  const bool filtered = give_up_calls(program);
  const bool refused = plan.strict && (version < least_version || !filtered);
  report(plan, "{\"kind\":\"%s\",\"landlock\":%d,\"seccomp\":%s}\n", refused ? "refused" : "sandbox", version,
         filtered ? "true" : "false");
  if (refused) {
    if (plan.report_to < 0)
      std::fprintf(
          stderr,
          "wasi-common-sandbox: --strict: needs Landlock ABI 3 and seccomp; this kernel has Landlock ABI %d, seccomp: %s\n",
          version, filtered ? "yes" : "no");
    return not_to_be_had;
  }
  ::syscall(SYS_execveat, program, "", plan.command, environ, AT_EMPTY_PATH);
  return fail_at(plan, "execveat", plan.count);
}

int stand(const Plan& plan) {
  close_from(static_cast<unsigned>(plan.keep) + 1);
  // The host believes lines on this descriptor to be the launcher's, so the program must not
  // inherit it.
  if (plan.report_to > STDERR_FILENO && ::fcntl(plan.report_to, F_SETFD, FD_CLOEXEC) != 0) return fail(plan, "fcntl");
  if (plan.parent != 0) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail(plan, "prctl");
    // The parent may have died before prctl(2) set the signal.
    if (::getppid() != plan.parent) return not_to_be_had;
  }
  return stay_beside(plan.report_to) ? become(plan) : fail(plan, "fork");
}

}  // namespace
}  // namespace wasi_common::os_sandbox

int main(int count, char** words) {
  wasi_common::os_sandbox::Plan plan;
  if (!wasi_common::os_sandbox::parse(count, words, plan)) {
    std::fputs(
        "wasi-common-sandbox: invalid arguments\n"
        "usage: wasi-common-sandbox [--strict] [--parent PID] [--keep FD] [--tell FD] [--stdin|--stdout|--stderr FD] "
        "[--run|--read|--write PATH] ... -- PROGRAM [ARGUMENT ...]\n",
        stderr);
    return wasi_common::os_sandbox::wrong_use;
  }
  return wasi_common::os_sandbox::stand(plan);
}
