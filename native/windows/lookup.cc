// Knows how a path is opened or looked at: by its name alone, or through its resolved parent. What a name stands for is seen
// after it was opened, as itself, and nothing is written before that.
#include "filestat.h"
#include "resolver.h"
#include "spelling.h"

namespace wasi_common {

Answer Resolver::open_name(nt::HANDLE dir, const char* name, const Wanted& wanted, const Path& path, File& file, bool& is_link) {
  const bool creates = (wanted.oflags & oflags::creat) != 0;
  const bool truncates = (wanted.oflags & oflags::trunc) != 0;
  const bool directory = (wanted.oflags & oflags::directory) != 0;
  std::u16string units;
  if (const Answer refused = spell(name, units); refused != 0) return refused;
  const bool unchanged = creates && (wanted.access & want_unchanged) != 0;
  file.reads = directory || (wanted.access & want_both) != want_write;
  file.writes = !directory && (wanted.access & want_write) != 0;

  Opening how;
  if (file.reads) how.access |= nt::FILE_READ_DATA;
  if (file.writes || truncates) how.access |= nt::FILE_WRITE_DATA;
  if (file.writes) how.access |= nt::FILE_APPEND_DATA;
  if (wanted.fdflags & (fdflags::dsync | fdflags::rsync | fdflags::sync)) how.options |= nt::FILE_WRITE_THROUGH;
  // A directory names itself by the empty name, and is there.
  if (creates && units.empty() && (wanted.oflags & oflags::excl)) return refuse(Errno::Exist);
  if (creates && !unchanged && !units.empty())
    how.disposition = wanted.oflags & oflags::excl ? nt::FILE_CREATE : nt::FILE_OPEN_IF;

  Object opened;
  bool created = false;
  const nt::NTSTATUS status = open_at(dir, units, how, opened, &created);
  // The name is taken as long as somebody has the file open.
  if (creates && status == nt::STATUS_DELETE_PENDING) return refuse(Errno::Busy);
  if (unchanged && status == nt::STATUS_OBJECT_NAME_NOT_FOUND) return refuse(Errno::Rofs);
  if (!nt::NT_SUCCESS(status)) return guest_.result("NtCreateFile", status, path.bytes);
  nt::FILE_ATTRIBUTE_TAG_INFORMATION kind{};
  if (const nt::NTSTATUS asked = created ? nt::STATUS_SUCCESS : look(opened.get(), kind); !nt::NT_SUCCESS(asked))
    return guest_.result("NtQueryInformationFile", asked, path.bytes);
  file.type = filetype(kind);
  switch (file.type) {
    case Filetype::SymbolicLink: is_link = true; return refuse(directory ? Errno::NotDir : Errno::Loop);
    case Filetype::RegularFile:
      if (directory) return refuse(Errno::NotDir);
      break;
    case Filetype::Directory:
      if (file.writes || creates || truncates) return refuse(Errno::IsDir);
      break;
    default: return refuse(Errno::NotSup);
  }
  if (truncates && !created) {
    if (const nt::NTSTATUS cut = set_size(opened.get(), 0); !nt::NT_SUCCESS(cut))
      return guest_.result("NtSetInformationFile", cut, path.bytes);
  }
  file.object = opened.release();
  file.flags = wanted.fdflags;
  return 0;
}

Answer Resolver::open(const File& dir, const Path& path, bool follow_last, const Wanted& wanted, File& file) {
  file.device = dir.device;
  bool is_link = false;
  if (path.is_single_component()) {
    const Answer answer = open_name(dir.object, path.bytes, wanted, path, file, is_link);
    if (!follow_last || !is_link) return answer;
  }
  // EXCL never follows a link in the last place, whatever was asked.
  const bool creates = (wanted.oflags & oflags::creat) != 0;
  const bool exclusive = creates && (wanted.oflags & oflags::excl) != 0;
  OwnedParent resolved;
  const unsigned how = (follow_last && !exclusive ? follow : keep) | (creates ? keep : enter);
  if (const Answer refused = walk(dir.object, path, how, resolved); refused != 0) return refused;
  // As POSIX has it, what creates no directories says so before it looks.
  if (resolved.must_be_directory) return refuse(Errno::IsDir);
  return open_name(resolved.object(), resolved.name, wanted, path, file, is_link);
}

Answer Resolver::status(const File& dir, const Path& path, bool follow_last) {
  const auto ask = [&](nt::HANDLE in, const std::u16string& name, bool& is_link) -> Answer {
    Object opened;
    nt::FILE_ATTRIBUTE_TAG_INFORMATION kind;
    if (const nt::NTSTATUS status = open_at(in, name, {}, opened); !nt::NT_SUCCESS(status))
      return guest_.result("NtCreateFile", status, path.bytes);
    if (const nt::NTSTATUS status = look(opened.get(), kind); !nt::NT_SUCCESS(status))
      return guest_.result("NtQueryInformationFile", status, path.bytes);
    const Filetype type = filetype(kind);
    is_link = type == Filetype::SymbolicLink;
    return write_filestat(guest_, opened.get(), type, dir.device, path.bytes);
  };
  bool is_link = false;
  if (path.is_single_component()) {
    std::u16string units;
    if (const Answer refused = spell(path.bytes, units); refused != 0) return refused;
    const Answer answer = ask(dir.object, units, is_link);
    if (answer != 0 || !follow_last || !is_link) return answer;
  }
  OwnedParent held;
  if (const Answer refused = parent(dir.object, path, (follow_last ? follow : keep) | enter, held); refused != 0) return refused;
  return ask(held.object(), held.spelled, is_link);
}

}  // namespace wasi_common
