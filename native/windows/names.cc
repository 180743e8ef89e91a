// The calls that create, move and remove names. They never follow the last name. A slash after it
// is checked here, and never passed to Windows.
#include <cstring>
#include <string_view>

#include "host.h"
#include "link.h"
#include "spelling.h"

namespace wasi_common {
namespace {

constexpr std::uint32_t to_remove = nt::DELETE;

// A name from the guest: its path, and the capability to act on its last name. Unusable if the path
// was refused.
struct Named {
  State& state;
  Pin parent;
  Path path;
  OwnedParent resolved;
  Answer refused;

  Named(State& state, Handle dir, std::uint32_t at, std::uint32_t length, unsigned how = keep) : state(state) {
    refused = state.directory_and_path(dir, at, length, parent, path);
    if (refused == 0) refused = state.resolver.parent(parent->object, path, how, resolved);
  }
  // True if the path ended in `.` or `..`.
  bool dots() const { return resolved.name[0] == '.' && resolved.name[1] == '\0'; }
  Answer open(const Opening& how, Object& opened) const {
    return state.guest.result("NtCreateFile", open_at(resolved.object(), resolved.spelled, how, opened), path.bytes);
  }
  // Opens the file of that name for `access`, and reads its type.
  Answer find(std::uint32_t access, Object& opened, Filetype& type) const {
    if (const Answer refused = open({access}, opened); refused != 0) return refused;
    nt::FILE_ATTRIBUTE_TAG_INFORMATION kind;
    const nt::NTSTATUS status = look(opened.get(), kind);
    if (!nt::NT_SUCCESS(status)) return state.guest.result("NtQueryInformationFile", status, path.bytes);
    type = filetype(kind);
    return 0;
  }
};

// The error of POSIX for `name/` if the call creates anything except a directory.
Answer refuse_slash(const Named& name) {
  Object there;
  Filetype type = Filetype::Unknown;
  const Answer answer = name.find(0, there, type);
  return answer == 0 ? refuse(Errno::Exist) : answer;
}

// True if the target of a new symlink is a directory now, which Windows needs to know. A target
// that escapes, or does not exist, is none.
bool leads_to_directory(State& state, const Named& name, const Path& target) {
  if (target.bytes[target.length - 1] == '/') return true;
  const std::string_view link(name.path.bytes, name.path.length);
  // The path up to the last slash, or empty if there is none.
  const std::size_t before = link.rfind('/') + 1;
  Path whole;
  whole.length = before + target.length;
  if (whole.length > max_path) return false;
  std::memcpy(whole.bytes, link.data(), before);
  std::memcpy(whole.bytes + before, target.bytes, target.length + 1);
  OwnedParent resolved;
  Object there;
  nt::FILE_ATTRIBUTE_TAG_INFORMATION kind;
  return state.resolver.parent(name.parent->object, whole, follow | enter, resolved) == 0 &&
         nt::NT_SUCCESS(open_at(resolved.object(), resolved.spelled, {}, there)) && nt::NT_SUCCESS(look(there.get(), kind)) &&
         filetype(kind) == Filetype::Directory;
}

// True for two names of one file. Some file systems do not number their files.
bool same(const Object& one, const Object& other) {
  nt::FILE_ALL_INFORMATION first;
  nt::FILE_ALL_INFORMATION second;
  return nt::NT_SUCCESS(look(one.get(), first)) && nt::NT_SUCCESS(look(other.get(), second)) &&
         first.InternalInformation.IndexNumber != 0 &&
         first.InternalInformation.IndexNumber == second.InternalInformation.IndexNumber;
}

}  // namespace

Answer Host::mkdir(Handle dir, std::uint32_t at, std::uint32_t length) {
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  if (name.dots()) return refuse(Errno::Exist);
  Object made;
  return name.open({0, nt::FILE_CREATE, nt::FILE_DIRECTORY_FILE}, made);
}

Answer Host::rmdir(Handle dir, std::uint32_t at, std::uint32_t length) {
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  if (name.resolved.up) return refuse(Errno::NotEmpty);
  if (name.dots()) return refuse(Errno::Inval);
  Object there;
  Filetype type = Filetype::Unknown;
  if (const Answer refused = name.find(to_remove, there, type); refused != 0) return refused;
  if (type != Filetype::Directory) return refuse(Errno::NotDir);
  return state_.guest.result("NtSetInformationFile", remove(there.get()), name.path.bytes);
}

Answer Host::unlink(Handle dir, std::uint32_t at, std::uint32_t length) {
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  if (name.dots()) return refuse(Errno::IsDir);
  Object there;
  Filetype type = Filetype::Unknown;
  if (const Answer refused = name.find(to_remove, there, type); refused != 0) return refused;
  if (type == Filetype::Directory) return refuse(Errno::IsDir);
  if (name.resolved.must_be_directory) return refuse(Errno::NotDir);
  return state_.guest.result("NtSetInformationFile", remove(there.get()), name.path.bytes);
}

Answer Host::symlink(std::uint32_t target, std::uint32_t target_length, Handle dir, std::uint32_t at, std::uint32_t length) {
  Path aim;
  std::u16string units;
  if (const Answer refused = state_.guest.path(target, target_length, aim); refused != 0) return refused;
  if (const Answer refused = spell_target({aim.bytes, aim.length}, units); refused != 0) return refused;
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  if (name.dots()) return refuse(Errno::Exist);
  if (name.resolved.must_be_directory) return refuse_slash(name);
  const std::uint32_t options = leads_to_directory(state_, name, aim) ? std::uint32_t{nt::FILE_DIRECTORY_FILE} : 0;
  Object made;
  // No sharing: a holder of the intermediate directory would follow the symlink that it becomes.
  const Opening how{nt::FILE_WRITE_ATTRIBUTES | to_remove, nt::FILE_CREATE, options, nt::share_none};
  if (const Answer refused = name.open(how, made); refused != 0) return refused;
  const nt::NTSTATUS status = make_link(made.get(), write_target(units));
  if (!nt::NT_SUCCESS(status)) remove(made.get());
  return state_.guest.result("NtFsControlFile", status, name.path.bytes);
}

Answer Host::link(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, Handle dir2, std::uint32_t at2,
                  std::uint32_t length2) {
  const Named from(state_, dir, at, length, (follow != 0 ? How::follow : keep) | enter);
  if (from.refused != 0) return from.refused;
  const Named to(state_, dir2, at2, length2);
  Object there;
  Filetype type = Filetype::Unknown;
  // The source of a hard link is resolved first, so its error takes precedence.
  if (const Answer refused = from.find(nt::FILE_WRITE_ATTRIBUTES, there, type); refused != 0) return refused;
  if (to.refused != 0) return to.refused;
  if (to.resolved.must_be_directory) return refuse_slash(to);
  if (to.dots()) return refuse(Errno::Exist);
  if (type == Filetype::Directory) {
    Object taken;
    Filetype other = Filetype::Unknown;
    return to.find(0, taken, other) == 0 ? refuse(Errno::Exist) : refuse(Errno::Perm);
  }
  const nt::NTSTATUS status = wasi_common::link(there.get(), to.resolved.object(), to.resolved.spelled);
  return state_.guest.result("NtSetInformationFile", status, from.path.bytes);
}

Answer Host::rename(Handle dir, std::uint32_t at, std::uint32_t length, Handle dir2, std::uint32_t at2, std::uint32_t length2) {
  const Named from(state_, dir, at, length);
  if (from.refused != 0) return from.refused;
  const Named to(state_, dir2, at2, length2);
  if (to.refused != 0) return to.refused;
  if (from.dots() || to.dots()) return refuse(Errno::Busy);
  Object moved;
  Filetype type = Filetype::Unknown;
  if (const Answer refused = from.find(to_remove, moved, type); refused != 0) return refused;
  // Checked before any file is removed to make space.
  if (from.parent->device != to.parent->device) return refuse(Errno::Xdev);
  const bool directory = type == Filetype::Directory;
  if ((from.resolved.must_be_directory || to.resolved.must_be_directory) && !directory) return refuse(Errno::NotDir);

  Object taken;
  Filetype other = Filetype::Unknown;
  const Answer found = to.find(to_remove, taken, other);
  if (found != 0 && found != refuse(Errno::NoEnt)) return found;
  const bool itself = found == 0 && same(moved, taken);
  bool made_room = false;
  if (found == 0 && !itself) {
    const bool onto_directory = other == Filetype::Directory;
    if (directory != onto_directory) return refuse(directory ? Errno::NotDir : Errno::IsDir);
    // Windows does not replace a directory by a rename, so an empty target is removed first.
    if (directory) {
      if (const nt::NTSTATUS status = remove(taken.get()); !nt::NT_SUCCESS(status))
        return state_.guest.result("NtSetInformationFile", status, to.path.bytes);
      made_room = true;
    }
  } else if (itself) {
    // Renaming one name of a file to another keeps both (rename(2)). A single name may change its case.
    nt::FILE_ALL_INFORMATION all;
    if (!nt::NT_SUCCESS(look(moved.get(), all)) || all.StandardInformation.NumberOfLinks > 1) return 0;
  }
  taken.close();
  const nt::NTSTATUS status = wasi_common::rename(moved.get(), to.resolved.object(), to.resolved.spelled);
  const Answer answer = state_.guest.result("NtSetInformationFile", status, from.path.bytes);
  // Restores an empty directory equal to the removed one. The rename failed because a file below
  // the source is open, or because the target is below the source.
  if (answer != 0 && made_room) {
    Object again;
    (void)open_at(to.resolved.object(), to.resolved.spelled, {0, nt::FILE_CREATE, nt::FILE_DIRECTORY_FILE}, again);
  }
  return answer;
}

}  // namespace wasi_common
