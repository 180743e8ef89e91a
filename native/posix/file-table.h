// The open files of a guest by handle, and what the guest sees of each.
#pragma once
#include <unistd.h>

#include <memory>
#include <utility>

#include "guest-view.h"
#include "table.h"

namespace wasi_common {

class FileTable {
 public:
  FileTable(GuestView& guest, std::shared_ptr<Table> table) : guest_(guest), table_(std::move(table)) {}

  // The files themselves, which the guest's other threads share.
  const std::shared_ptr<Table>& shared() const { return table_; }
  Pin pin(Handle handle) { return table_->pin(handle); }
  // Pins a handle that must be a directory: BADF, or NOTDIR.
  Pin pin_directory(Handle handle, Answer& refused) {
    Pin directory = pin(handle);
    refused = directory ? fetch_type(*directory) : refuse(Errno::BadF);
    if (refused == 0 && !directory->is_directory()) refused = refuse(Errno::NotDir);
    return directory;
  }

  // Fetches the type of a lazy file. Returns 0, or the error.
  Answer fetch_type(Opened& file) { return file.type_fetched ? 0 : fetch_type_now(file); }
  // Fills block.opened.
  void describe(const Opened& file) { describe(file, is_terminal(file)); }
  // Adds a file that the guest opened. Returns its handle, and fills block.opened.
  [[gnu::always_inline]] Answer place_opened(const Opened& opened) {
    describe(opened);
    return static_cast<Answer>(table_->add([&](File& file) { static_cast<Opened&>(file) = opened; }));
  }
  // Adds a file. Returns its handle, and fills block.opened.
  Answer place(File&& file);

 private:
  void describe(const Opened& file, bool terminal) {
    auto& opened = guest_.block().opened;
    opened.type = file.type_fetched ? static_cast<std::uint32_t>(file.type) : type_not_fetched;
    opened.flags = file.flags.get();
    opened.terminal = terminal;
  }
  Answer fetch_type_now(Opened& file);
  static bool is_terminal(const Opened& file) { return file.type == Filetype::CharacterDevice && ::isatty(file.fd); }

  GuestView& guest_;
  std::shared_ptr<Table> table_;
};

}  // namespace wasi_common
