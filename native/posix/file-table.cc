// Fetches types of lazy files, and describes files to the guest.
#include "file-table.h"

#include "filestat.h"

namespace wasi_common {

Answer FileTable::fetch_type_now(Opened& file) {
  struct stat status;
  if (::fstat(file.fd, &status) != 0) return guest_.failed("fstat", errno);
  file.type = filetype(status, file.fd);
  file.type_fetched = true;
  return 0;
}

Answer FileTable::place(File&& file) {
  const bool terminal = is_terminal(file);
  file.waits = file.adopted && !file.socket && (terminal || file.type == Filetype::SocketStream);
  describe(file, terminal);
  return static_cast<Answer>(table_->place(std::move(file)));
}

}  // namespace wasi_common
