// Keeps the launcher beside the program, to end the program and to report its end.
#include "supervise.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

#include "descriptors.h"

namespace wasi_common::os_sandbox {
namespace {

volatile std::sig_atomic_t asked_to_end = 0;

// Breaks off the wait.
void on_child(int) {}
void on_terminate(int) { asked_to_end = 1; }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

// Killing a process of the same user takes no capability.
void give_up_capabilities() {
  struct {
    std::uint32_t version;
    int pid;
  } header{0x20080522, 0};
  constexpr struct {
    std::uint32_t effective, permitted, inheritable;
  } none[2]{};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::syscall(SYS_capset, &header, none);
}

// The host sees of this process what it would see of the child.
[[noreturn]] void end_as(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    constexpr rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    handle(signal, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::kill(::getpid(), signal);
    ::_exit(128 + signal);
  }
  ::_exit(WEXITSTATUS(status));
}

[[noreturn]] void watch(pid_t child, int control) {
  handle(SIGCHLD, on_child);
  handle(SIGTERM, on_terminate);
  close_all_but(control);
  give_up_capabilities();
  // All else stays blocked: Ctrl-C, Ctrl-Z and the end of a terminal go to the child and to the host as well.
  sigset_t waiting;
  ::sigfillset(&waiting);
  ::sigdelset(&waiting, SIGCHLD);
  ::sigdelset(&waiting, SIGTERM);
  for (;;) {
    int status;
    if (::waitpid(child, &status, WNOHANG) == child) end_as(status);
    // Errors and the other side's end are reported in any case. The host writes nothing here.
    pollfd entry{control, POLLRDHUP, 0};
    const int found = ::ppoll(&entry, 1, nullptr, &waiting);
    if (found <= 0 && asked_to_end == 0) continue;
    ::kill(child, SIGKILL);
    // No more events come from it.
    control = -1;
    asked_to_end = 0;
  }
}

}  // namespace

bool stay_beside(int control) {
  const pid_t self = ::getpid();
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  // A signal that comes before it is known what to do waits.
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child > 0) watch(child, control);
  if (child == 0) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
    // It may have died before that.
    if (::getppid() != self) ::_exit(1);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return child == 0;
}

}  // namespace wasi_common::os_sandbox
