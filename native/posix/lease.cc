// Knows who makes a lease of a guest's path: nobody, for a single name; the kernel, where it can; else the walk.
#include <cstring>

#include "state.h"

namespace wasi_common {
namespace {

bool is_link(int dir, const char* name) {
  char none;
  return ::readlinkat(dir, name, &none, 1) >= 0;
}

}  // namespace

Answer State::directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path) {
  dir = file(handle);
  if (!dir) return refuse(Errno::BadF);
  if (const Answer failed = learn(*dir); failed != 0) return failed;
  return path_in(*dir, at, length, path);
}

Answer State::lease(int dir, const Path& path, unsigned how, Held& lease) {
  // A single name needs no resolving, unless it is a link that shall be followed.
  if (path.plain() && (!(how & follow) || !is_link(dir, path.bytes))) {
    if (path.length >= sizeof(lease.name)) return refuse(Errno::NameTooLong);
    lease.directory = dir;
    std::memcpy(lease.name, path.bytes, path.length + 1);
    return 0;
  }
  if (beneath(dir)) {
    bool walk = false;
    const Answer answer = lease_by_kernel(dir, path, how, lease, walk);
    if (!walk) return answer;
  }
  return lease_by_walk(dir, path, how, lease);
}

}  // namespace wasi_common
