// Knows how a guest's path becomes a lease: by nothing at all, by the kernel, or by the walk.
#include <fcntl.h>

#include <atomic>
#include <cstring>

#include "state.h"

namespace wasi_common {
namespace {

// Whether the kernel resolves beneath a directory: asked once a process and remembered.
enum Known : int { nobody_asked, yes, no };
std::atomic<int> kernel_resolves{nobody_asked};

// The host's own directories, for the walk.
class Descriptors final : public Tree {
 public:
  explicit Descriptors(State& state) : state_(state) {}

  Answer enter(Directory in, const char* name) override {
    const int fd = retry(
        [&] { return ::openat(static_cast<int>(in), name, platform::search_flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); });
    return fd >= 0 ? fd : state_.failed("openat", errno, name);
  }
  Answer read_link(Directory in, const char* name, char* into, std::size_t room) override {
    const ssize_t size = ::readlinkat(static_cast<int>(in), name, into, room);
    return size >= 0 ? size : state_.failed("readlinkat", errno, name);
  }
  void leave(Directory directory) override { Descriptor{static_cast<int>(directory)}; }

 private:
  State& state_;
};

bool is_link(int dir, const char* name) {
  char none;
  return ::readlinkat(dir, name, &none, 1) >= 0;
}

void name_dot(Lease& lease) { std::memcpy(lease.name, ".", 2); }

}  // namespace

bool Path::plain() const {
  if (std::memchr(bytes, '/', length) != nullptr) return false;
  return !(bytes[0] == '.' && (length == 1 || (length == 2 && bytes[1] == '.')));
}

bool State::beneath() {
  if (walk_only_) return false;
  int known = kernel_resolves.load(std::memory_order_relaxed);
  if (known == nobody_asked) {
    int root = -1;
    for (const File& file : files_)
      if (file.fd >= 0 && file.root) root = file.fd;
    if (root < 0) return false;
    // Containers answer EPERM or ENOSYS, old kernels ENOSYS: such an error means never again. For want of descriptors or
    // memory the question is put again later. After a success every error is a true one.
    if (platform::resolves_beneath(root))
      known = yes;
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
      return false;
    else
      known = no;
    kernel_resolves.store(known, std::memory_order_relaxed);
  }
  return known == yes;
}

const char* State::resolver() { return beneath() ? "openat2" : "walk"; }

Answer State::path(std::uint32_t at, std::uint32_t length, Path& path) {
  if (length == 0) return refuse(Errno::NoEnt);
  if (length > max_path) return refuse(Errno::NameTooLong);
  const std::uint8_t* const from = memory(at, length);
  if (from == nullptr) return refuse(Errno::Fault);
  // Copied once, and only the copy is looked at: another thread of the guest may change the original.
  std::memcpy(path.bytes, from, length);
  path.bytes[length] = '\0';
  path.length = length;
  return std::memchr(path.bytes, '\0', length) == nullptr ? 0 : refuse(Errno::Inval);
}

Answer State::directory_and_path(std::uint32_t dir, std::uint32_t at, std::uint32_t length, int& fd, Path& path) {
  const File* file = this->file(dir);
  if (file == nullptr) return refuse(Errno::BadF);
  if (!file->is_directory()) return refuse(Errno::NotDir);
  fd = file->fd;
  if (const Answer refused = this->path(at, length, path); refused != 0) return refused;
  return path.bytes[0] == '/' ? refuse(Errno::NotCapable) : 0;
}

Answer State::lease(int dir, const Path& path, unsigned how, Held& lease) {
  // A single name needs no resolving, unless it is a link that shall be followed.
  if (path.plain() && (!(how & follow) || !is_link(dir, path.bytes))) {
    if (path.length >= sizeof(lease.name)) return refuse(Errno::NameTooLong);
    lease.directory = dir;
    std::memcpy(lease.name, path.bytes, path.length + 1);
    return 0;
  }
  if (beneath()) {
    bool walk = false;
    const Answer answer = lease_by_kernel(dir, path, how, lease, walk);
    if (!walk) return answer;
  }
  return lease_by_walk(dir, path, how, lease);
}

Answer State::lease_by_walk(int dir, const Path& path, unsigned how, Held& lease) {
  Descriptors descriptors(*this);
  return resolve(descriptors, dir, path.bytes, path.length, how, lease);
}

Answer State::failed_beneath(int error, const Path& path, bool& walk) {
  // The kernel says EXDEV for what leads out, and EAGAIN when something was moved while it looked.
  walk = error == EAGAIN;
  if (walk) return 0;
  return error == EXDEV ? refuse(Errno::NotCapable) : failed("openat2", error, path.bytes);
}

// The kernel goes to the directory that holds the last name. `walk` when it could not tell, or when the last name is a
// link to follow, which it cannot follow without opening what is there.
Answer State::lease_by_kernel(int dir, const Path& path, unsigned how, Held& lease, bool& walk) {
  std::size_t end = path.length;
  while (path.bytes[end - 1] == '/') --end;
  std::size_t begin = end;
  while (begin > 0 && path.bytes[begin - 1] != '/') --begin;
  const char* const name = path.bytes + begin;
  const std::size_t size = end - begin;
  const bool slash = end < path.length;
  const bool dot = size == 1 && name[0] == '.';
  const bool up = size == 2 && name[0] == '.' && name[1] == '.';

  // To the whole path where the last name is a directory to go into, to what is before the last name otherwise.
  const bool whole = dot || up || (slash && (how & enter));
  char before[max_path + 1];
  std::memcpy(before, path.bytes, begin);
  before[begin] = '\0';
  if (whole || begin > 0) {
    const int fd = platform::open_beneath(dir, whole ? path.bytes : before, platform::search_flags | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) return failed_beneath(errno, path, walk);
    lease.directory = fd;
    lease.owned = true;
  } else {
    lease.directory = dir;
  }
  if (whole) {
    name_dot(lease);
    lease.up = up;
    return 0;
  }
  if (size >= sizeof(lease.name)) return refuse(Errno::NameTooLong);
  std::memcpy(lease.name, name, size);
  lease.name[size] = '\0';
  lease.must_be_directory = slash;
  if (!slash && (how & follow) && is_link(lease.fd(), lease.name)) {
    if (lease.owned) Descriptor{lease.fd()};
    lease.owned = false;
    walk = true;
  }
  return 0;
}

Answer State::open(int dir, const Path& path, bool follow_last, int flags, Descriptor& fd) {
  constexpr mode_t mode = 0666;
  const mode_t creating = flags & O_CREAT ? mode : 0;
  const auto open_plainly = [&](int in, const char* name) -> Answer {
    fd = Descriptor(retry([&] { return ::openat(in, name, flags | O_NOFOLLOW, creating); }));
    return fd.open() ? 0 : failed("openat", errno, path.bytes);
  };
  if (path.plain()) {
    const Answer answer = open_plainly(dir, path.bytes);
    // NOTDIR is what Linux says for a link when a directory is wanted.
    const bool may_be_link = answer == refuse(Errno::Loop) || answer == refuse(Errno::Mlink) || answer == refuse(Errno::NotDir);
    if (!follow_last || !may_be_link) return answer;
  }
  if (beneath()) {
    bool walk = false;
    fd = Descriptor(platform::open_beneath(dir, path.bytes, flags | (follow_last ? 0 : O_NOFOLLOW), creating));
    if (fd.open()) return 0;
    if (const Answer answer = failed_beneath(errno, path, walk); !walk) return answer;
  }
  // O_EXCL never follows a link in the last place, whatever was asked.
  const bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  Held lease;
  const unsigned how = (follow_last && !exclusive ? follow : keep) | (flags & O_CREAT ? keep : enter);
  if (const Answer refused = lease_by_walk(dir, path, how, lease); refused != 0) return refused;
  // open(2) creates no directories, and says so before it looks.
  if (lease.must_be_directory) return refuse(Errno::IsDir);
  return open_plainly(lease.fd(), lease.name);
}

Answer State::status_at(int dir, const Path& path, bool follow_last, struct stat& status) {
  if (path.plain()) {
    if (::fstatat(dir, path.bytes, &status, AT_SYMLINK_NOFOLLOW) != 0) return failed("fstatat", errno, path.bytes);
    if (!follow_last || !S_ISLNK(status.st_mode)) return 0;
  }
  if (beneath()) {
    const int flags = platform::search_flags | O_CLOEXEC | (follow_last ? 0 : O_NOFOLLOW);
    bool walk = false;
    Descriptor fd(platform::open_beneath(dir, path.bytes, flags, 0));
    if (fd.open()) return ::fstat(fd.get(), &status) == 0 ? 0 : failed("fstat", errno, path.bytes);
    if (const Answer answer = failed_beneath(errno, path, walk); !walk) return answer;
  }
  Held lease;
  if (const Answer refused = lease_by_walk(dir, path, (follow_last ? follow : keep) | enter, lease); refused != 0) return refused;
  return ::fstatat(lease.fd(), lease.name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : failed("fstatat", errno, path.bytes);
}

}  // namespace wasi_common
