// Filter rules for the standard streams, by descriptor number: one direction each, append-only
// outputs, and the host's settings unchanged.
#include "streams.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include "calls.h"
#include "verdicts.h"

namespace wasi_common::os_sandbox {
namespace {

constexpr unsigned pwritev2_number =
#if defined(__x86_64__)
    328;
#else
    287;
#endif
constexpr unsigned rwf_nowait = 8;
// Lower numbers are the standard streams.
constexpr unsigned first_opened = 3;

// The most frequent calls come first, because each call passes the tests of all calls before it.
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
      filter.answer_less_than(first_opened, deny);
      filter.answer(allow);
    });
  // The addon writes to pipes and terminals with RWF_NOWAIT, so that it never blocks. RWF_NOAPPEND
  // (pwritev2(2)) would overwrite a log, so no other flag is allowed.
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
  // Allows an output only to query its position.
  of_call(filter, SYS_lseek, [&] {
    filter.load_argument(0);
    filter.answer_when(STDIN_FILENO, allow);
    filter.answer_at_least(first_opened, allow);
    filter.load_argument(1);
    filter.answer_unless(0, deny);
    filter.load_upper_half(1);
    filter.answer_unless(0, deny);
    filter.load_argument(2);
    filter.answer_unless(SEEK_CUR, deny);
    filter.answer(allow);
  });
  // Allows sending only to the peer of a connected socket: the address must be null.
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
    filter.answer_at_least(first_opened, allow);
    filter.load_argument(3);
    const auto anonymous = filter.when_any(MAP_ANONYMOUS);
    filter.answer(allow);
    filter.end(anonymous);
    filter.answer(deny);
  });
}

// The host shares the standard streams and decides whether they block. Node sets the blocking mode
// at start and exit, and aborts if that fails.
void few_ioctls(Filter& filter) {
  constexpr unsigned set_nonblocking = 0x5421;
  of_call(filter, SYS_ioctl, [&] {
    filter.load_argument(1);
    const auto block = filter.when(set_nonblocking);
    filter.load_argument(0);
    filter.answer_less_than(first_opened, as_if_done);
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
    filter.answer_less_than(first_opened, as_if_done);
    filter.load_argument(2);
    // O_ASYNC makes a terminal send SIGIO to its whole foreground process group, even if no
    // receiver is set.
    const auto signals = filter.when_any(O_ASYNC);
    filter.answer(deny);
    filter.end(signals);
    filter.answer(allow);
    filter.end(block);
    one_of(filter, descriptor_flags);
  });
}

// Allows times of a descriptor that this process opened. A path is refused, because it may lead
// outside the sandbox.
void times(Filter& filter) {
  of_call(filter, SYS_utimensat, [&] {
    filter.load_argument(0);
    filter.answer_less_than(first_opened, deny);
    filter.load_argument(1);
    filter.answer_unless(0, deny);
    filter.load_upper_half(1);
    filter.answer_unless(0, deny);
    filter.answer(allow);
  });
}

}  // namespace

void of_descriptors(Filter& filter) {
  reading_and_writing(filter);
  memory(filter);
  few_fcntls(filter);
  few_ioctls(filter);
  times(filter);
}

}  // namespace wasi_common::os_sandbox
