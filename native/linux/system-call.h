// Makes a system call without a function of libc on the way: right after a system call, when the
// processor's predictions are cold, returns are slow.
#pragma once
#include <unistd.h>

#include <cerrno>
#include <type_traits>

namespace wasi_common::platform {

template <class Argument>
long word_of(Argument value) {
  if constexpr (std::is_pointer_v<Argument>)
    return reinterpret_cast<long>(value);
  else
    return static_cast<long>(value);
}

// Returns as syscall(2) does: -1 and errno. At most four arguments.
template <class... Arguments>
inline long system_call(long number, Arguments... arguments) {
  static_assert(sizeof...(Arguments) <= 4);
#ifdef __x86_64__
  // https://man7.org/linux/man-pages/man2/syscall.2.html
  const long given[4] = {word_of(arguments)...};
  long result;
  // cppcheck-suppress constStatement
  register long fourth __asm__("r10") = given[3];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(given[0]), "S"(given[1]), "d"(given[2]), "r"(fourth)
                   : "rcx", "r11", "memory");
  // The kernel returns -4095 to -1 for an error.
  if (static_cast<unsigned long>(result) < -4095UL) return result;
  errno = static_cast<int>(-result);
  return -1;
#else
  return ::syscall(number, arguments...);
#endif
}

}  // namespace wasi_common::platform
