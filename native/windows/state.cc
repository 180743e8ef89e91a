// Knows what a guest is told of a file that was opened, and how a failed system call becomes an answer.
#include "state.h"

#include <cstring>

#include "expected.h"

namespace wasi_common {

State::State(Block* block, bool, std::shared_ptr<Table> table) : block_(block), table_(std::move(table)) {}

void State::bind(std::uint8_t* memory, std::uint64_t size) {
  memory_ = memory;
  memory_size_ = size;
}

std::uint8_t* State::memory(std::uint32_t at, std::uint32_t length) {
  return std::uint64_t{at} + length <= memory_size_ ? memory_ + at : nullptr;
}

void State::describe(const File& file) {
  block_->opened.type = static_cast<std::uint32_t>(file.type);
  block_->opened.flags = file.flags.get();
  block_->opened.terminal = file.kind == Kind::console;
}

Answer State::place(File&& file) {
  describe(file);
  return static_cast<Answer>(table_->place(std::move(file)));
}

Answer State::failed(const char* call, int error, const char* path) {
  if (error == 0) return 0;
  const Errno known = expected(error);
  if (known != Errno::Success) return refuse(known);
  failure_.call = call;
  failure_.error = error;
  failure_.has_path = path != nullptr;
  failure_.path = path != nullptr ? path : "";
  return unexpected;
}

Answer State::failed_embedder(const char* call, int error, const std::string* path) {
  failure_.call = call;
  failure_.error = error;
  failure_.has_path = path != nullptr;
  failure_.path = path != nullptr ? *path : std::string();
  return unexpected;
}

bool Path::plain() const {
  if (std::memchr(bytes, '/', length) != nullptr) return false;
  return !(bytes[0] == '.' && (length == 1 || (length == 2 && bytes[1] == '.')));
}

Answer State::path(std::uint32_t at, std::uint32_t length, Path& path) {
  if (length == 0) return refuse(Errno::NoEnt);
  if (length > max_path) return refuse(Errno::NameTooLong);
  const std::uint8_t* const from = memory(at, length);
  if (from == nullptr) return refuse(Errno::Fault);
  // Copied once, and only the copy is looked at: another thread of the guest may change the original.
  std::memcpy(path.bytes, from, length);
  path.bytes[length] = '\0';
  path.length = length;
  return std::memchr(path.bytes, '\0', length) == nullptr ? 0 : refuse(Errno::Inval);
}

Answer State::directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path) {
  dir = file(handle);
  if (!dir) return refuse(Errno::BadF);
  if (!dir->is_directory()) return refuse(Errno::NotDir);
  if (const Answer refused = this->path(at, length, path); refused != 0) return refused;
  return path.bytes[0] == '/' ? refuse(Errno::NotCapable) : 0;
}

Answer State::status(nt::Object file, Filetype type, std::uint64_t device, const char* path) {
  nt::All all;
  if (const nt::Status status = look(file, all); !nt::succeeded(status)) return failed("NtQueryInformationFile", status, path);
  Filestat& record = block_->record;
  record = {};
  record.device = device;
  record.inode = static_cast<std::uint64_t>(all.index);
  record.type = type;
  record.links = all.standard.links;
  record.size = static_cast<std::uint64_t>(all.standard.size);
  record.accessed = to_nanoseconds(all.basic.accessed);
  record.modified = to_nanoseconds(all.basic.written);
  record.changed = to_nanoseconds(all.basic.changed);
  if (type == Filetype::Directory) record.size = 0;
  // A link is as long as what it says.
  std::string target;
  if (type == Filetype::SymbolicLink && nt::succeeded(read_link(file, target))) record.size = target.size();
  return 0;
}

}  // namespace wasi_common
