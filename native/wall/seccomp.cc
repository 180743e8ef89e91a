// Knows how calls.h is written as a filter for seccomp(2).
#include "seccomp.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "calls.h"

namespace wasi_common::wall {
namespace {

constexpr unsigned allow = SECCOMP_RET_ALLOW;
constexpr unsigned deny = SECCOMP_RET_ERRNO | EPERM;
// Programs then do as on a kernel that is older than the call.
constexpr unsigned unknown = SECCOMP_RET_ERRNO | ENOSYS;
// x32's calls are those of x86-64 under other numbers.
constexpr unsigned x32 = 0x40000000;
constexpr unsigned clone3_number = 435;

// The least of a program for the kernel's interpreter. Where a test succeeds the next `then` instructions follow, else they are
// left out.
class Filter {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
  // The kernel itself looks at the lower half only of all that is asked here, or takes the rest for the same.
  void load_argument(unsigned index) { load(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * index); }
  void load_call() { load(offsetof(seccomp_data, nr)); }
  void unless(unsigned value, unsigned char then) { add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, 0)); }
  void when(unsigned value, unsigned char then) { add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, then)); }
  void when_any(unsigned bits, unsigned char then) { add(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, then)); }
  void from(unsigned value, unsigned char then) { add(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, 0, then)); }
  void answer(unsigned verdict) { add(BPF_RET | BPF_K, verdict); }

  bool install() {
    if (length_ > most) {
      errno = E2BIG;
      return false;
    }
    sock_fprog program{static_cast<unsigned short>(length_), code_};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  void add(int code, unsigned value) { add(BPF_STMT(static_cast<unsigned short>(code), value)); }
  void add(sock_filter instruction) {
    if (length_ < most) code_[length_] = instruction;
    length_++;
  }
  // Far more than there are, and no more than the kernel takes.
  static constexpr unsigned most = 1024;
  sock_filter code_[most];
  unsigned length_ = 0;
};

void other_machines(Filter& filter) {
  filter.load(offsetof(seccomp_data, arch));
  filter.unless(architecture, 1);
  filter.answer(SECCOMP_RET_KILL_PROCESS);
}

void threads_only(Filter& filter) {
  // Its flags lie in memory, which no filter can look at; libc then takes clone.
  filter.when(clone3_number, 1);
  filter.answer(unknown);
  filter.when(SYS_clone, 4);
  filter.load_argument(0);
  filter.when_any(CLONE_THREAD, 1);
  filter.answer(allow);
  filter.answer(deny);
}

// Whoever makes that descriptor anew may execute what Landlock lets him: the same program again.
void one_program(Filter& filter, int program) {
  filter.when(SYS_execveat, 6);
  filter.load_argument(0);
  filter.when(static_cast<unsigned>(program), 3);
  filter.load_argument(4);
  filter.when(AT_EMPTY_PATH, 1);
  filter.answer(allow);
  filter.answer(deny);
}

void few_ioctls(Filter& filter) {
  constexpr unsigned char known = sizeof(ioctls) / sizeof(*ioctls);
  filter.when(SYS_ioctl, 2 * known + 2);
  filter.load_argument(1);
  for (const unsigned request : ioctls) {
    filter.when(request, 1);
    filter.answer(allow);
  }
  filter.answer(deny);
}

// Of a terminal they go to the whole group that it listens to, also where nobody said who shall have them.
void no_signals_of_files(Filter& filter) {
  filter.when(SYS_fcntl, 6);
  filter.load_argument(1);
  filter.when(F_SETFL, 3);
  filter.load_argument(2);
  filter.when_any(O_ASYNC, 1);
  filter.answer(deny);
  filter.load_call();
}

// A call with this first argument only.
void only(Filter& filter, unsigned call, unsigned first) {
  filter.when(call, 4);
  filter.load_argument(0);
  filter.when(first, 1);
  filter.answer(allow);
  filter.answer(deny);
}

}  // namespace

bool give_up_calls(int program) {
  if (architecture == 0) {
    errno = ENOSYS;
    return false;
  }
  Filter filter;
  other_machines(filter);
  filter.load_call();
  filter.from(not_looked_at, 1);
  filter.answer(unknown);
  static_assert(not_looked_at < x32);
  for (const unsigned call : refused) {
    filter.when(call, 1);
    filter.answer(deny);
  }
  threads_only(filter);
  one_program(filter, program);
  few_ioctls(filter);
  no_signals_of_files(filter);
  for (const unsigned call : of_itself) only(filter, call, static_cast<unsigned>(::getpid()));
  for (const unsigned call : of_the_caller) only(filter, call, 0);
  for (const auto& [call, argument, value] : but_not) {
    filter.when(call, 4);
    filter.load_argument(argument);
    filter.when(value, 1);
    filter.answer(deny);
    filter.load_call();
  }
  filter.answer(allow);
  return filter.install();
}

}  // namespace wasi_common::wall
