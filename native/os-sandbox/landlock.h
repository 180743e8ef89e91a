// Knows what of the file system a process may be cut to, for good, by Linux's Landlock.
#pragma once
#include <cstddef>

namespace wasi_common::os_sandbox {

enum class Access {
  // Be executed, and read.
  Run,
  // A file is read, a directory is listed and all below it read.
  Read,
  // All but to execute, and to make devices.
  Write,
};
// A path, and what may be done with it and below it.
struct Rule {
  Access access;
  const char* path;
};

// The version of Landlock that this kernel has; 0 where it has none, or was started without.
int landlock_version();

// Cuts this process, and all that it becomes, to these paths; and off from TCP, abstract sockets and the signals of others, where
// this version knows them. What cannot be opened is no rule: nothing is allowed by it. What failed, with errno, and the rule
// that it failed of in `at`, `count` where it was of none; nothing if all went well.
const char* landlock(int version, const Rule* rules, std::size_t count, std::size_t& at);

}  // namespace wasi_common::os_sandbox
