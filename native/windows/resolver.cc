// Resolves a path by the walk, unless it is a single component, and opens or examines its last
// name. The type of a file is examined after it was opened as itself (FILE_OPEN_REPARSE_POINT).
// Nothing is written before that.
#include "resolver.h"

#include <cstring>

#include "filestat.h"
#include "spelling.h"

namespace wasi_common {
namespace {

// Windows directories as the tree that resolve.h walks. Each is opened relative to the one before
// it, and as itself, even if a symlink replaces it.
class Objects final : public Tree {
 public:
  explicit Objects(GuestView& guest) : guest_(guest) {}

  Answer enter(Directory in, const char* name) override {
    // FILE_TRAVERSE access conflicts with the unshared handle of a directory that is about to
    // become a symlink. Reading attributes alone would not.
    constexpr Opening how{nt::FILE_TRAVERSE, nt::FILE_OPEN, nt::FILE_DIRECTORY_FILE};
    Object opened;
    if (const Answer refused = open(in, name, how, opened); refused != 0) return refused;
    nt::FILE_ATTRIBUTE_TAG_INFORMATION kind;
    if (const nt::NTSTATUS status = look(opened.get(), kind); !nt::NT_SUCCESS(status))
      return guest_.result("NtQueryInformationFile", status, name);
    switch (filetype(kind)) {
      case Filetype::Directory: return static_cast<Answer>(reinterpret_cast<std::intptr_t>(opened.release()));
      case Filetype::SymbolicLink: return refuse(Errno::Loop);
      default: return refuse(Errno::NotSup);
    }
  }
  Answer read_link(Directory in, const char* name, char* into, std::size_t capacity) override {
    Object opened;
    if (const Answer refused = open(in, name, {}, opened); refused != 0) return refused;
    std::string target;
    const nt::NTSTATUS status = wasi_common::read_link(opened.get(), target);
    if (!nt::NT_SUCCESS(status)) return guest_.result("NtFsControlFile", status, name);
    return static_cast<Answer>(target.copy(into, capacity));
  }
  void leave(Directory directory) override { Object{reinterpret_cast<nt::HANDLE>(directory)}; }

 private:
  Answer open(Directory in, const char* name, const Opening& how, Object& opened) {
    std::u16string units;
    if (const Answer refused = spell(name, units); refused != 0) return refused;
    return guest_.result("NtCreateFile", open_at(reinterpret_cast<nt::HANDLE>(in), units, how, opened), name);
  }

  GuestView& guest_;
};

}  // namespace

Answer Resolver::walk(nt::HANDLE dir, const Path& path, unsigned how, OwnedParent& resolved) {
  Objects objects(guest_);
  return resolve(objects, reinterpret_cast<Directory>(dir), path.bytes, path.length, how, resolved);
}

Answer Resolver::parent(nt::HANDLE dir, const Path& path, unsigned how, OwnedParent& resolved) {
  // A single component needs no resolving, unless a symlink there must be followed.
  if (path.is_single_component() && !(how & follow)) {
    if (path.length >= sizeof(resolved.name)) return refuse(Errno::NameTooLong);
    resolved.directory = reinterpret_cast<Directory>(dir);
    std::memcpy(resolved.name, path.bytes, path.length + 1);
  } else if (const Answer refused = walk(dir, path, how, resolved); refused != 0) {
    return refused;
  }
  return spell(resolved.name, resolved.spelled);
}

// Calls `act(directory, name, is_link)`, which acts on the last name and never follows a symlink. A
// single component may be a symlink to follow: acting on it finds that out, at no cost if it is
// none. Only then is the path walked.
template <class Act>
Answer Resolver::act_on_last(nt::HANDLE dir, const Path& path, bool follow_last, unsigned how, Act act) {
  bool is_link = false;
  if (path.is_single_component()) {
    const Answer answer = act(dir, path.bytes, is_link);
    if (!follow_last || !is_link) return answer;
  }
  OwnedParent resolved;
  if (const Answer refused = walk(dir, path, how, resolved); refused != 0) return refused;
  // Fails before it looks, as POSIX does in a call that creates no directories.
  if (resolved.must_be_directory) return refuse(Errno::IsDir);
  return act(resolved.object(), resolved.name, is_link);
}

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
  // The empty name denotes the directory itself, which exists.
  if (creates && units.empty() && (wanted.oflags & oflags::excl)) return refuse(Errno::Exist);
  if (creates && !unchanged && !units.empty())
    how.disposition = wanted.oflags & oflags::excl ? nt::FILE_CREATE : nt::FILE_OPEN_IF;

  Object opened;
  bool created = false;
  const nt::NTSTATUS status = open_at(dir, units, how, opened, &created);
  // The name stays taken as long as any process has the file open.
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
  // EXCL never follows a symlink in the last place, regardless of the lookup flags.
  const bool creates = (wanted.oflags & oflags::creat) != 0;
  const bool exclusive = creates && (wanted.oflags & oflags::excl) != 0;
  const unsigned how = (follow_last && !exclusive ? follow : keep) | (creates ? keep : enter);
  return act_on_last(dir.object, path, follow_last, how, [&](nt::HANDLE in, const char* name, bool& is_link) {
    return open_name(in, name, wanted, path, file, is_link);
  });
}

Answer Resolver::status(const File& dir, const Path& path, bool follow_last) {
  const unsigned how = (follow_last ? follow : keep) | enter;
  return act_on_last(dir.object, path, follow_last, how, [&](nt::HANDLE in, const char* name, bool& is_link) -> Answer {
    std::u16string units;
    if (const Answer refused = spell(name, units); refused != 0) return refused;
    Object opened;
    nt::FILE_ATTRIBUTE_TAG_INFORMATION kind;
    if (const nt::NTSTATUS status = open_at(in, units, {}, opened); !nt::NT_SUCCESS(status))
      return guest_.result("NtCreateFile", status, path.bytes);
    if (const nt::NTSTATUS status = look(opened.get(), kind); !nt::NT_SUCCESS(status))
      return guest_.result("NtQueryInformationFile", status, path.bytes);
    const Filetype type = filetype(kind);
    const Answer answer = write_filestat(guest_, opened.get(), type, dir.device, path.bytes);
    is_link = answer == 0 && type == Filetype::SymbolicLink;
    return answer;
  });
}

}  // namespace wasi_common
