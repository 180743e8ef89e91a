// Answers of the filter, and rules that a call or one of its arguments selects.
#pragma once
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>

#include "filter.h"

namespace wasi_common::os_sandbox {

constexpr unsigned allow = SECCOMP_RET_ALLOW;
constexpr unsigned deny = SECCOMP_RET_ERRNO | EPERM;
// Programs then do as on a kernel that is older than the call.
constexpr unsigned unknown = SECCOMP_RET_ERRNO | ENOSYS;
// The caller receives 0, and the kernel does nothing.
constexpr unsigned as_if_done = SECCOMP_RET_ERRNO | 0;

// The rules of one call: every path through `body` has to end in an answer.
template <class Body>
void of_call(Filter& filter, unsigned call, Body body) {
  const auto block = filter.when(call);
  body();
  filter.end(block);
}

// Allows these values of the argument that is loaded, and no others.
template <std::size_t Count>
void one_of(Filter& filter, const unsigned (&values)[Count]) {
  for (const unsigned value : values) filter.answer_when(value, allow);
  filter.answer(deny);
}

}  // namespace wasi_common::os_sandbox
