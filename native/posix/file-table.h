// The open files of a guest by handle, and what the guest sees of each.
#pragma once
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
  Answer pin_directory(Handle handle, Pin& directory);

  // Fetches the type of a lazy file. Returns 0, or the error.
  Answer fetch_type(File& file);
  // Fills block.opened.
  void describe(const File& file) { describe(file, is_terminal(file)); }
  // Adds a file. Returns its handle, and fills block.opened.
  Answer place(File&& file);

 private:
  static bool is_terminal(const File& file);
  void describe(const File& file, bool terminal);

  GuestView& guest_;
  std::shared_ptr<Table> table_;
};

}  // namespace wasi_common
