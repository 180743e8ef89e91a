// Translates Windows' file information to a filestat.
#include "filestat.h"

#include <string>

#include "disk.h"

namespace wasi_common {

Answer write_filestat(GuestView& guest, nt::HANDLE file, Filetype type, std::uint64_t device, const char* path) {
  nt::FILE_ALL_INFORMATION all;
  if (const nt::NTSTATUS status = look(file, all); !nt::NT_SUCCESS(status))
    return guest.failed("NtQueryInformationFile", status, path);
  Filestat& record = guest.block().record;
  record = {};
  record.device = device;
  record.inode = static_cast<std::uint64_t>(all.InternalInformation.IndexNumber);
  record.type = type;
  record.links = all.StandardInformation.NumberOfLinks;
  record.size = static_cast<std::uint64_t>(all.StandardInformation.EndOfFile);
  record.accessed = to_nanoseconds(all.BasicInformation.LastAccessTime);
  record.modified = to_nanoseconds(all.BasicInformation.LastWriteTime);
  record.changed = to_nanoseconds(all.BasicInformation.ChangeTime);
  if (type == Filetype::Directory) record.size = 0;
  // The size of a symlink is the length of its target.
  std::string target;
  if (type == Filetype::SymbolicLink && nt::NT_SUCCESS(read_link(file, target))) record.size = target.size();
  return 0;
}

}  // namespace wasi_common
