// Describes a file to the guest.
#include "state.h"

namespace wasi_common {

State::State(Block* block, bool, std::shared_ptr<Table> table) : Base(block, std::move(table)) {}

void State::describe(const File& file) {
  block_->opened.type = static_cast<std::uint32_t>(file.type);
  block_->opened.flags = file.flags.get();
  block_->opened.terminal = file.kind == Kind::console;
}

Answer State::place(File&& file) {
  describe(file);
  return static_cast<Answer>(table()->place(std::move(file)));
}

Answer State::directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path) {
  dir = file(handle);
  if (!dir) return refuse(Errno::BadF);
  return path_in(*dir, at, length, path);
}

Answer State::status(nt::HANDLE file, Filetype type, std::uint64_t device, const char* path) {
  nt::FILE_ALL_INFORMATION all;
  if (const nt::NTSTATUS status = look(file, all); !nt::NT_SUCCESS(status)) return failed("NtQueryInformationFile", status, path);
  Filestat& record = block_->record;
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
  // A link is as long as what it says.
  std::string target;
  if (type == Filetype::SymbolicLink && nt::NT_SUCCESS(read_link(file, target))) record.size = target.size();
  return 0;
}

}  // namespace wasi_common
