// Keeps the sandbox launcher running next to the program, to terminate it and to report its exit.
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

// Interrupts the wait.
void on_child(int) {}
void on_terminate(int) { asked_to_end = 1; }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

// kill(2) of a process of the same user requires no capability.
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

// Exits as the child exited, so that the host sees the child's exit code or signal.
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
  // All other signals stay blocked: Ctrl-C, Ctrl-Z and a hangup of the terminal reach the child and
  // the host as well.
  sigset_t waiting;
  ::sigfillset(&waiting);
  ::sigdelset(&waiting, SIGCHLD);
  ::sigdelset(&waiting, SIGTERM);
  for (;;) {
    int status;
    if (::waitpid(child, &status, WNOHANG) == child) end_as(status);
    // poll(2) always reports errors and hangups. The host writes nothing to this descriptor.
    pollfd entry{control, POLLRDHUP, 0};
    const int found = ::ppoll(&entry, 1, nullptr, &waiting);
    if (found <= 0 && asked_to_end == 0) continue;
    ::kill(child, SIGKILL);
    // The descriptor reports no more events.
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
  // Blocks signals until each process is ready to handle them.
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child > 0) watch(child, control);
  if (child == 0) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
    // The parent may have died before prctl(2) set the signal.
    if (::getppid() != self) ::_exit(1);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return child == 0;
}

}  // namespace wasi_common::os_sandbox
