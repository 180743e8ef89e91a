// The parts of a Host on POSIX. Each calls only those before it.
#pragma once
#include <memory>
#include <utility>

#include "file-table.h"
#include "guest-view.h"
#include "reserve.h"
#include "resolver.h"

namespace wasi_common {

static_assert(sizeof(off_t) == 8, "large files");

struct State {
  State(Block* block, bool walk_only, std::shared_ptr<Table> table)
      : guest(block), files(guest, std::move(table)), reserve(guest), resolver(guest, reserve, walk_only) {}

  GuestView guest;
  FileTable files;
  Reserve reserve;
  Resolver resolver;

  // The first two steps of every path call: pin the directory and copy the path.
  Answer directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path) {
    if (const Answer refused = files.pin_directory(handle, dir); refused != 0) return refused;
    return guest.relative_path(at, length, path);
  }
};

// True if the socket accepts connections.
bool listens(int socket);

}  // namespace wasi_common
