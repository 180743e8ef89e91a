// Describes files to the guest.
#include "file-table.h"

namespace wasi_common {

Answer FileTable::pin_directory(Handle handle, Pin& directory) {
  directory = pin(handle);
  if (!directory) return refuse(Errno::BadF);
  return directory->is_directory() ? 0 : refuse(Errno::NotDir);
}

void FileTable::describe(const File& file) {
  auto& opened = guest_.block().opened;
  opened.type = static_cast<std::uint32_t>(file.type);
  opened.flags = file.flags.get();
  opened.terminal = file.kind == Kind::console;
}

Answer FileTable::place(File&& file) {
  describe(file);
  return static_cast<Answer>(table_->place(std::move(file)));
}

}  // namespace wasi_common
