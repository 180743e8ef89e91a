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
  Pin directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Path& path, Answer& refused) {
    Pin dir = files.pin_directory(handle, refused);
    if (refused == 0) refused = guest.relative_path(at, length, path);
    return dir;
  }
};

// True if the socket accepts connections.
bool listens(int socket);

}  // namespace wasi_common
