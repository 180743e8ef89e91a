// Grows the stack of the main thread, which the kernel extends downwards as it is used
// (https://man7.org/linux/man-pages/man2/getrlimit.2.html, RLIMIT_STACK).
#include "../stack.h"

#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace wasi_common {
namespace {

// Below V8's limit, for calls into the host from a guest that is at its limit. A worker has 192 KiB:
// https://github.com/nodejs/node/blob/v20.19.0/src/node_worker.h, kStackBufferSize.
constexpr std::size_t reserve = 256 << 10;
// Arguments, environment and frames above the caller, which the kernel counts.
constexpr std::size_t above = 8 << 20;

// V8's own, of its public API: `v8::Isolate::TryGetCurrent()` and `SetStackLimit(uintptr_t)`. Every
// Node exports them for addons; Node-API has no such call.
using Current = void* (*)();
using SetLimit = void (*)(void* isolate, std::uintptr_t limit);

template <typename Function>
Function symbol(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
}

// Extends the stack to an address. The kernel does so for its own access as for one of the program,
// and where it cannot, the call fails and no signal is raised.
bool extend(std::uintptr_t to) { return ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, reinterpret_cast<timespec*>(to)) == 0; }

}  // namespace

bool enlarge_stack(std::size_t bytes) {
  if (::syscall(SYS_gettid) != ::getpid()) return false;
  const auto current = symbol<Current>("_ZN2v87Isolate13TryGetCurrentEv");
  const auto set_limit = symbol<SetLimit>("_ZN2v87Isolate13SetStackLimitEm");
  if (current == nullptr || set_limit == nullptr) return false;
  void* const isolate = current();
  if (isolate == nullptr) return false;

  rlimit before;
  if (::getrlimit(RLIMIT_STACK, &before) != 0) return false;
  rlimit raised = before;
  if (raised.rlim_cur != RLIM_INFINITY)
    raised.rlim_cur = std::min<rlim_t>(std::max<rlim_t>(raised.rlim_cur, bytes + reserve + above), raised.rlim_max);
  if (::setrlimit(RLIMIT_STACK, &raised) != 0) return false;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const bool extended = here > bytes + reserve && extend((here - bytes - reserve) & ~std::uintptr_t{15});
  // The kernel asks for it only while the stack grows. Threads and programs started later have their
  // own by it.
  ::setrlimit(RLIMIT_STACK, &before);
  if (!extended) return false;
  set_limit(isolate, here - bytes);
  return true;
}

}  // namespace wasi_common
