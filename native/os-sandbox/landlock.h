// Restricts a process to parts of the file system, for good, with Linux's Landlock.
#pragma once
#include <cstddef>

namespace wasi_common::os_sandbox {

enum class Access {
  // Execute and read a file.
  Run,
  // Read a file; or list a directory and read everything below it.
  Read,
  // Everything except executing, and creating devices.
  Write,
};
// A path, and the access that is allowed to it and below it.
struct Rule {
  Access access;
  const char* path;
};

// The Landlock ABI version of this kernel, or 0 if Landlock is missing or disabled at boot.
int landlock_version();

// Restricts this process and its descendants to these paths. Also denies TCP, abstract sockets and
// signals to other processes, as far as this ABI version can. A path that cannot be opened adds no
// rule, so it allows nothing. Returns null, or the call that failed, with errno. `at` is the rule
// it failed on, or `count` if it failed on none.
const char* landlock(int version, const Rule* rules, std::size_t count, std::size_t& at);

}  // namespace wasi_common::os_sandbox
