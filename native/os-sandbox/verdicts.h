// The filter's verdicts, and rules selected by a call or one of its arguments.
#pragma once
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>

#include "filter.h"

namespace wasi_common::os_sandbox {

constexpr unsigned allow = SECCOMP_RET_ALLOW;
constexpr unsigned deny = SECCOMP_RET_ERRNO | EPERM;
// ENOSYS: programs then behave as on a kernel that is older than the call.
constexpr unsigned unknown = SECCOMP_RET_ERRNO | ENOSYS;
// Returns 0 to the caller without executing the call.
constexpr unsigned as_if_done = SECCOMP_RET_ERRNO | 0;

// The rules of one call. Every path through `body` must end in a verdict.
template <class Body>
void of_call(Filter& filter, unsigned call, Body body) {
  const auto block = filter.when(call);
  body();
  filter.end(block);
}

// Allows only these values of the loaded argument.
template <std::size_t Count>
void one_of(Filter& filter, const unsigned (&values)[Count]) {
  for (const unsigned value : values) filter.answer_when(value, allow);
  filter.answer(deny);
}

}  // namespace wasi_common::os_sandbox
