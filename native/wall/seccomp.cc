// Knows how calls.h is written as a filter for seccomp(2).
#include "seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "calls.h"
#include "filter.h"

namespace wasi_common::wall {
namespace {

constexpr unsigned allow = SECCOMP_RET_ALLOW;
constexpr unsigned deny = SECCOMP_RET_ERRNO | EPERM;
// Programs then do as on a kernel that is older than the call.
constexpr unsigned unknown = SECCOMP_RET_ERRNO | ENOSYS;
// The caller is told 0, and the kernel does nothing.
constexpr unsigned as_if_done = SECCOMP_RET_ERRNO | 0;
// x32's calls are those of x86-64 under other numbers.
constexpr unsigned x32 = 0x40000000;
constexpr unsigned clone3_number = 435;
constexpr unsigned pwritev2_number =
#if defined(__x86_64__)
    328;
#else
    287;
#endif
constexpr unsigned rwf_nowait = 8;
// Standard input, output and error are below it.
constexpr unsigned first_own = 3;

// What follows `call`: every path through `body` has to end in an answer.
template <class Body>
void of_call(Filter& filter, unsigned call, Body body) {
  const auto block = filter.when(call);
  body();
  filter.end(block);
}

// One of these values of an argument, or none.
template <std::size_t Count>
void one_of(Filter& filter, const unsigned (&values)[Count]) {
  for (const unsigned value : values) filter.answer_when(value, allow);
  filter.answer(deny);
}

void other_machines(Filter& filter) {
  filter.load(offsetof(seccomp_data, arch));
  filter.answer_unless(architecture, SECCOMP_RET_KILL_PROCESS);
}

// What is called most comes first: each of these calls passes all the tests before its own.
void reading_and_writing(Filter& filter) {
  for (const unsigned call : reads)
    of_call(filter, call, [&] {
      filter.load_argument(0);
      filter.answer_when(STDOUT_FILENO, deny);
      filter.answer_when(STDERR_FILENO, deny);
      filter.answer(allow);
    });
  for (const unsigned call : writes)
    of_call(filter, call, [&] {
      filter.load_argument(0);
      filter.answer_when(STDIN_FILENO, deny);
      filter.answer(allow);
    });
  for (const unsigned call : of_own_files)
    of_call(filter, call, [&] {
      filter.load_argument(0);
      filter.answer_below(first_own, deny);
      filter.answer(allow);
    });
  // The addon writes to pipes and terminals so that it never waits. Without RWF_NOWAIT alone, RWF_NOAPPEND would write over a
  // log.
  of_call(filter, pwritev2_number, [&] {
    filter.load_argument(0);
    filter.answer_when(STDIN_FILENO, deny);
    filter.load_argument(3);
    filter.answer_unless(~0U, deny);
    filter.load_upper_half(3);
    filter.answer_unless(~0U, deny);
    filter.load_argument(5);
    filter.answer_unless(rwf_nowait, deny);
    filter.answer(allow);
  });
  // Of the outputs only where they are may be asked.
  of_call(filter, SYS_lseek, [&] {
    filter.load_argument(0);
    filter.answer_when(STDIN_FILENO, allow);
    filter.answer_from(first_own, allow);
    filter.load_argument(1);
    filter.answer_unless(0, deny);
    filter.load_upper_half(1);
    filter.answer_unless(0, deny);
    filter.load_argument(2);
    filter.answer_unless(SEEK_CUR, deny);
    filter.answer(allow);
  });
  // Only where a socket leads already.
  of_call(filter, SYS_sendto, [&] {
    filter.load_argument(0);
    filter.answer_when(STDIN_FILENO, deny);
    filter.load_argument(4);
    filter.answer_unless(0, deny);
    filter.load_upper_half(4);
    filter.answer_unless(0, deny);
    filter.answer(allow);
  });
}

void memory(Filter& filter) {
  of_call(filter, SYS_mmap, [&] {
    filter.load_argument(4);
    filter.answer_from(first_own, allow);
    filter.load_argument(3);
    const auto anonymous = filter.when_any(MAP_ANONYMOUS);
    filter.answer(allow);
    filter.end(anonymous);
    filter.answer(deny);
  });
}

void threads_only(Filter& filter) {
  // Its flags lie in memory, which no filter can look at; libc then takes clone.
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

// `program` is a number that this process can never have again.
void one_program(Filter& filter, int program) {
  of_call(filter, SYS_execveat, [&] {
    filter.load_argument(0);
    filter.answer_unless(static_cast<unsigned>(program), deny);
    filter.load_argument(4);
    filter.answer_unless(AT_EMPTY_PATH, deny);
    filter.answer(allow);
  });
}

// Whether the standard streams wait is the host's to say, which has them as well. Node sets it at its start and end, and aborts
// where that fails.
void few_ioctls(Filter& filter) {
  constexpr unsigned set_nonblocking = 0x5421;
  of_call(filter, SYS_ioctl, [&] {
    filter.load_argument(1);
    const auto block = filter.when(set_nonblocking);
    filter.load_argument(0);
    filter.answer_below(first_own, as_if_done);
    filter.answer(allow);
    filter.end(block);
    one_of(filter, ioctls);
  });
}

void few_fcntls(Filter& filter) {
  of_call(filter, SYS_fcntl, [&] {
    filter.load_argument(1);
    const auto block = filter.when(F_SETFL);
    filter.load_argument(0);
    filter.answer_below(first_own, as_if_done);
    filter.load_argument(2);
    // Of a terminal its signals go to the whole group that it listens to, also where no receiver was set.
    const auto signals = filter.when_any(O_ASYNC);
    filter.answer(deny);
    filter.end(signals);
    filter.answer(allow);
    filter.end(block);
    one_of(filter, descriptor_flags);
  });
}

// Those of a descriptor that was opened here; not those of a path, which may lie outside.
void times(Filter& filter) {
  of_call(filter, SYS_utimensat, [&] {
    filter.load_argument(0);
    filter.answer_below(first_own, deny);
    filter.load_argument(1);
    filter.answer_unless(0, deny);
    filter.load_upper_half(1);
    filter.answer_unless(0, deny);
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
  // libc asks it of a thread to find its stack, and does without the answer where the kernel does not know the call.
  of_call(filter, SYS_sched_getaffinity, [&] {
    filter.load_argument(0);
    filter.answer_unless(0, unknown);
    filter.answer(allow);
  });
  for (const unsigned call : of_default_policy) filter.answer_when(call, as_if_done);
  for (const unsigned call : clocks)
    of_call(filter, call, [&] {
      filter.load_argument(0);
      filter.answer_from(first_odd_clock, deny);
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
  filter.answer_from(not_looked_at, unknown);
  static_assert(not_looked_at < x32);
  reading_and_writing(filter);
  memory(filter);
  few_fcntls(filter);
  few_ioctls(filter);
  times(filter);
  threads_only(filter);
  one_program(filter, program);
  questions(filter);
  for (const unsigned call : allowed) filter.answer_when(call, allow);
  filter.answer(deny);
  return filter.install();
}

}  // namespace wasi_common::wall
