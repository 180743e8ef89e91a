// Resolves the parent of a path's last name: not at all for a single name, by the kernel where it can, else by the walk.
#include <cstring>

#include "resolver.h"

namespace wasi_common {
namespace {

bool is_link(int dir, const char* name) {
  char none;
  return ::readlinkat(dir, name, &none, 1) >= 0;
}

}  // namespace

Answer Resolver::parent(int dir, const Path& path, unsigned how, OwnedParent& resolved) {
  // A single name needs no resolving, unless it is a link that shall be followed.
  if (path.is_single_component() && (!(how & follow) || !is_link(dir, path.bytes))) {
    if (path.length >= sizeof(resolved.name)) return refuse(Errno::NameTooLong);
    resolved.directory = dir;
    std::memcpy(resolved.name, path.bytes, path.length + 1);
    return 0;
  }
  if (beneath(dir)) {
    bool walk = false;
    const Answer answer = parent_by_kernel(dir, path, how, resolved, walk);
    if (!walk) return answer;
  }
  return parent_by_walk(dir, path, how, resolved);
}

}  // namespace wasi_common
