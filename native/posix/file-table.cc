// Fetches types of lazy files, and describes files to the guest.
#include "file-table.h"

#include "filestat.h"

namespace wasi_common {

bool FileTable::is_terminal(const File& file) { return file.type == Filetype::CharacterDevice && ::isatty(file.fd); }

Answer FileTable::pin_directory(Handle handle, Pin& directory) {
  directory = pin(handle);
  if (!directory) return refuse(Errno::BadF);
  if (const Answer failed = fetch_type(*directory); failed != 0) return failed;
  return directory->is_directory() ? 0 : refuse(Errno::NotDir);
}

Answer FileTable::fetch_type(File& file) {
  if (file.type_fetched) return 0;
  struct stat status;
  if (::fstat(file.fd, &status) != 0) return guest_.failed("fstat", errno);
  file.type = filetype(status, file.fd);
  file.type_fetched = true;
  return 0;
}

void FileTable::describe(const File& file, bool terminal) {
  auto& opened = guest_.block().opened;
  opened.type = file.type_fetched ? static_cast<std::uint32_t>(file.type) : type_not_fetched;
  opened.flags = file.flags.get();
  opened.terminal = terminal;
}

Answer FileTable::place(File&& file) {
  const bool terminal = is_terminal(file);
  file.waits = file.adopted && !file.socket && (terminal || file.type == Filetype::SocketStream);
  describe(file, terminal);
  return static_cast<Answer>(table_->place(std::move(file)));
}

}  // namespace wasi_common
