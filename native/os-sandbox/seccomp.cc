// Writes the rules of calls.h as a filter for seccomp(2).
#include "seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "calls.h"
#include "streams.h"
#include "verdicts.h"

namespace wasi_common::os_sandbox {
namespace {

// The bit that marks x32 calls: those of x86-64 under other numbers.
constexpr unsigned x32 = 0x40000000;
constexpr unsigned clone3_number = 435;

void other_machines(Filter& filter) {
  filter.load(offsetof(seccomp_data, arch));
  filter.answer_unless(architecture, SECCOMP_RET_KILL_PROCESS);
}

void threads_only(Filter& filter) {
  // clone3(2) passes its flags in memory, which no filter can read. After ENOSYS libc falls back to
  // clone(2).
  filter.answer_when(clone3_number, unknown);
  of_call(filter, SYS_clone, [&] {
    filter.load_argument(0);
    one_of(filter, thread_flags);
  });
  of_call(filter, SYS_membarrier, [&] {
    filter.load_argument(0);
    one_of(filter, barriers);
  });
}

// `program` is a descriptor number that this process cannot get again.
void one_program(Filter& filter, int program) {
  of_call(filter, SYS_execveat, [&] {
    filter.load_argument(0);
    filter.answer_unless(static_cast<unsigned>(program), deny);
    filter.load_argument(4);
    filter.answer_unless(AT_EMPTY_PATH, deny);
    filter.answer(allow);
  });
}

void questions(Filter& filter) {
  of_call(filter, SYS_prctl, [&] {
    filter.load_argument(0);
    one_of(filter, names);
  });
  of_call(filter, SYS_getsockopt, [&] {
    filter.load_argument(1);
    filter.answer_unless(SOL_SOCKET, deny);
    filter.load_argument(2);
    one_of(filter, socket_options);
  });
  of_call(filter, SYS_prlimit64, [&] {
    filter.load_argument(0);
    filter.answer_unless(0, deny);
    filter.answer(allow);
  });
  // libc calls it for a thread to find its stack, and copes with ENOSYS.
  of_call(filter, SYS_sched_getaffinity, [&] {
    filter.load_argument(0);
    filter.answer_unless(0, unknown);
    filter.answer(allow);
  });
  for (const unsigned call : of_default_policy) filter.answer_when(call, as_if_done);
  for (const unsigned call : clocks)
    of_call(filter, call, [&] {
      filter.load_argument(0);
      filter.answer_at_least(first_odd_clock, deny);
      filter.answer(allow);
    });
  for (const unsigned call : of_itself)
    of_call(filter, call, [&] {
      filter.load_argument(0);
      filter.answer_unless(static_cast<unsigned>(::getpid()), deny);
      filter.answer(allow);
    });
}

}  // namespace

bool give_up_calls(int program) {
  if (architecture == 0) {
    errno = ENOSYS;
    return false;
  }
  Filter filter;
  other_machines(filter);
  filter.load(offsetof(seccomp_data, nr));
  filter.answer_at_least(not_looked_at, unknown);
  static_assert(not_looked_at < x32);
  of_descriptors(filter);
  threads_only(filter);
  one_program(filter, program);
  questions(filter);
  for (const unsigned call : allowed) filter.answer_when(call, allow);
  filter.answer(deny);
  return filter.install();
}

}  // namespace wasi_common::os_sandbox
