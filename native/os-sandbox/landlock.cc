// Knows Landlock's system calls by their numbers, since headers are older than kernels.
// @see https://docs.kernel.org/userspace-api/landlock.html
#include "landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace wasi_common::os_sandbox {
namespace {

// The same on every architecture.
constexpr long create_ruleset_number = 444;
constexpr long add_rule_number = 445;
constexpr long restrict_self_number = 446;
constexpr unsigned ask_version = 1;
constexpr int path_beneath = 1;

namespace right {
constexpr std::uint64_t execute = 1 << 0;
constexpr std::uint64_t write_file = 1 << 1;
constexpr std::uint64_t read_file = 1 << 2;
constexpr std::uint64_t read_dir = 1 << 3;
constexpr std::uint64_t remove_dir = 1 << 4;
constexpr std::uint64_t remove_file = 1 << 5;
constexpr std::uint64_t make_char = 1 << 6;
constexpr std::uint64_t make_dir = 1 << 7;
constexpr std::uint64_t make_reg = 1 << 8;
constexpr std::uint64_t make_sock = 1 << 9;
constexpr std::uint64_t make_fifo = 1 << 10;
constexpr std::uint64_t make_block = 1 << 11;
constexpr std::uint64_t make_sym = 1 << 12;
constexpr std::uint64_t refer = 1 << 13;
constexpr std::uint64_t truncate = 1 << 14;
constexpr std::uint64_t ioctl_dev = 1 << 15;
}  // namespace right

// What each version of Landlock learned to refuse.
constexpr struct {
  int since;
  std::uint64_t fs;
  std::uint64_t net;
  std::uint64_t scoped;
} learned[] = {
    {1,
     right::execute | right::write_file | right::read_file | right::read_dir | right::remove_dir | right::remove_file |
         right::make_char | right::make_dir | right::make_reg | right::make_sock | right::make_fifo | right::make_block |
         right::make_sym,
     0, 0},
    {2, right::refer, 0, 0},
    {3, right::truncate, 0, 0},
    {4, 0, /* bind, connect */ 3, 0},
    {5, right::ioctl_dev, 0, 0},
    {6, 0, 0, /* abstract sockets, signals */ 3},
};

constexpr std::uint64_t reading = right::read_file | right::read_dir;
// To move a FIFO or a socket about takes the right to make one.
constexpr std::uint64_t writing = reading | right::write_file | right::remove_dir | right::remove_file | right::make_dir |
                                  right::make_reg | right::make_sock | right::make_fifo | right::make_sym | right::refer |
                                  right::truncate;
// What a rule about a file, not a directory, may say.
constexpr std::uint64_t of_a_file = right::execute | right::write_file | right::read_file | right::truncate | right::ioctl_dev;

std::uint64_t rights(Access access) {
  switch (access) {
    case Access::Run: return right::execute | right::read_file;
    case Access::Read: return reading;
    default: return writing;
  }
}

// struct landlock_ruleset_attr. Older kernels take it if what they do not know is zero.
struct Handled {
  std::uint64_t fs;
  std::uint64_t net;
  std::uint64_t scoped;
};
struct [[gnu::packed]] Beneath {
  std::uint64_t allowed;
  std::int32_t parent;
};

const char* allow(int ruleset, std::uint64_t handled, const Rule& rule) {
  const int fd = ::open(rule.path, O_PATH | O_CLOEXEC);
  if (fd < 0) return nullptr;
  struct stat status;
  if (::fstat(fd, &status) != 0) return "fstat";
  const std::uint64_t fitting = S_ISDIR(status.st_mode) ? ~std::uint64_t{0} : of_a_file;
  const Beneath beneath{rights(rule.access) & fitting & handled, fd};
  if (::syscall(add_rule_number, ruleset, path_beneath, &beneath, 0) != 0) return "landlock_add_rule";
  ::close(fd);
  return nullptr;
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(create_ruleset_number, nullptr, 0, ask_version);
  return version < 0 ? 0 : static_cast<int>(version);
}

const char* landlock(int version, const Rule* rules, std::size_t count, std::size_t& at) {
  at = count;
  Handled handled{};
  for (const auto& [since, fs, net, scoped] : learned) {
    if (since > version) break;
    handled.fs |= fs;
    handled.net |= net;
    handled.scoped |= scoped;
  }
  const int ruleset = static_cast<int>(::syscall(create_ruleset_number, &handled, sizeof(handled), 0));
  if (ruleset < 0) return "landlock_create_ruleset";
  for (at = 0; at < count; at++)
    if (const char* failed = allow(ruleset, handled.fs, rules[at])) return failed;
  if (::syscall(restrict_self_number, ruleset, 0) != 0) return "landlock_restrict_self";
  ::close(ruleset);
  return nullptr;
}

}  // namespace wasi_common::os_sandbox
