// Landlock's system calls by number, because installed headers may be older than the kernel.
// @see https://docs.kernel.org/userspace-api/landlock.html
#include "landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace wasi_common::os_sandbox {
namespace {

// The same number on every architecture.
constexpr long landlock_create_ruleset_number = 444;
constexpr long landlock_add_rule_number = 445;
constexpr long landlock_restrict_self_number = 446;

// The constants and structs of <linux/landlock.h>, under the same names.
constexpr std::uint64_t LANDLOCK_ACCESS_FS_EXECUTE = 1 << 0;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_WRITE_FILE = 1 << 1;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_READ_FILE = 1 << 2;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_READ_DIR = 1 << 3;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_REMOVE_DIR = 1 << 4;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_REMOVE_FILE = 1 << 5;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_MAKE_CHAR = 1 << 6;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_MAKE_DIR = 1 << 7;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_MAKE_REG = 1 << 8;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_MAKE_SOCK = 1 << 9;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_MAKE_FIFO = 1 << 10;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_MAKE_BLOCK = 1 << 11;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_MAKE_SYM = 1 << 12;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_REFER = 1 << 13;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_TRUNCATE = 1 << 14;
constexpr std::uint64_t LANDLOCK_ACCESS_FS_IOCTL_DEV = 1 << 15;
constexpr std::uint64_t LANDLOCK_ACCESS_NET_BIND_TCP = 1 << 0;
constexpr std::uint64_t LANDLOCK_ACCESS_NET_CONNECT_TCP = 1 << 1;
constexpr std::uint64_t LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0;
constexpr std::uint64_t LANDLOCK_SCOPE_SIGNAL = 1 << 1;
constexpr unsigned LANDLOCK_CREATE_RULESET_VERSION = 1 << 0;
constexpr int LANDLOCK_RULE_PATH_BENEATH = 1;

// Older kernels accept the larger struct if the fields they do not know are zero
// (landlock_create_ruleset(2), E2BIG).
struct landlock_ruleset_attr {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
struct [[gnu::packed]] landlock_path_beneath_attr {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};

// The rights and scopes that each ABI version added.
constexpr struct {
  int since;
  std::uint64_t fs;
  std::uint64_t net;
  std::uint64_t scoped;
} added[] = {
    {1,
     LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
         LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
         LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
     0, 0},
    {2, LANDLOCK_ACCESS_FS_REFER, 0, 0},
    {3, LANDLOCK_ACCESS_FS_TRUNCATE, 0, 0},
    {4, 0, LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP, 0},
    {5, LANDLOCK_ACCESS_FS_IOCTL_DEV, 0, 0},
    {6, 0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL},
};

constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// Moving a FIFO or a socket requires the right to make one.
constexpr std::uint64_t writing = reading | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                  LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                  LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE;
// The rights that a rule for a file, as opposed to a directory, may have.
constexpr std::uint64_t of_a_file = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
                                    LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV;

std::uint64_t rights(Access access) {
  switch (access) {
    case Access::Run: return LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
    case Access::Read: return reading;
    default: return writing;
  }
}

const char* allow(int ruleset, std::uint64_t handled, const Rule& rule) {
  const int fd = ::open(rule.path, O_PATH | O_CLOEXEC);
  if (fd < 0) return nullptr;
  struct stat status;
  if (::fstat(fd, &status) != 0) return "fstat";
  const std::uint64_t fitting = S_ISDIR(status.st_mode) ? ~std::uint64_t{0} : of_a_file;
  const landlock_path_beneath_attr beneath{rights(rule.access) & fitting & handled, fd};
  if (::syscall(landlock_add_rule_number, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) return "landlock_add_rule";
  ::close(fd);
  return nullptr;
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(landlock_create_ruleset_number, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

const char* landlock(int version, const Rule* rules, std::size_t count, std::size_t& at) {
  at = count;
  landlock_ruleset_attr handled{};
  for (const auto& [since, fs, net, scoped] : added) {
    if (since > version) break;
    handled.handled_access_fs |= fs;
    handled.handled_access_net |= net;
    handled.scoped |= scoped;
  }
  const int ruleset = static_cast<int>(::syscall(landlock_create_ruleset_number, &handled, sizeof(handled), 0));
  if (ruleset < 0) return "landlock_create_ruleset";
  for (at = 0; at < count; at++)
    if (const char* failed = allow(ruleset, handled.handled_access_fs, rules[at])) return failed;
  if (::syscall(landlock_restrict_self_number, ruleset, 0) != 0) return "landlock_restrict_self";
  ::close(ruleset);
  return nullptr;
}

}  // namespace wasi_common::os_sandbox
