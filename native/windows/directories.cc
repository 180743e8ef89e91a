// Lists a directory into guest memory.
#include "dirents.h"
#include "host.h"

namespace wasi_common {

Answer Host::readdir(Handle handle, std::uint32_t at, std::uint32_t length) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (!file->is_directory()) return refuse(Errno::NotDir);
  std::uint8_t* const buffer = state_.guest.memory(at, length);
  if (buffer == nullptr) return refuse(Errno::Fault);
  const auto locked = state_.files.shared()->listings();
  Listing* const listing = state_.files.shared()->listing(handle, *file);
  if (listing == nullptr) return refuse(Errno::NoMem);
  constexpr const char* name = "NtQueryDirectoryFile";
  if (const nt::NTSTATUS status = listing->go_to(state_.guest.block().cookie); status != nt::STATUS_SUCCESS)
    return state_.guest.result(name, status);

  Dirents dirents(buffer, length);
  while (!dirents.full()) {
    Listing::Entry entry;
    const nt::NTSTATUS status = listing->peek(entry);
    if (status == nt::STATUS_NO_MORE_FILES) break;
    // Entries already written are lost for this call only: the next one starts from the same
    // cookie.
    if (status != nt::STATUS_SUCCESS) return state_.guest.result(name, status);
    Dirent record{};
    record.next = entry.next;
    record.inode = entry.inode;
    record.name_length = static_cast<std::uint32_t>(entry.name.size());
    record.type = entry.type;
    if (!dirents.put(record, entry.name.data())) break;
    listing->advance();
  }
  return dirents.written();
}

}  // namespace wasi_common
