// Knows the directories of Windows as the tree that resolve.h walks: each is opened relative to the one before, and itself,
// wherever a link in its place may lead.
#include <cstring>

#include "resolver.h"
#include "spelling.h"

namespace wasi_common {
namespace {

class Objects final : public Tree {
 public:
  explicit Objects(GuestView& guest) : guest_(guest) {}

  Answer enter(Directory in, const char* name) override {
    // By asking to pass through it is shut out of what is to become a link. Who looks only is not.
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
  // A single name needs no resolving, unless it is a link that shall be followed.
  if (path.is_single_component() && !(how & follow)) {
    if (path.length >= sizeof(resolved.name)) return refuse(Errno::NameTooLong);
    resolved.directory = reinterpret_cast<Directory>(dir);
    std::memcpy(resolved.name, path.bytes, path.length + 1);
  } else if (const Answer refused = walk(dir, path, how, resolved); refused != 0) {
    return refused;
  }
  return spell(resolved.name, resolved.spelled);
}

}  // namespace wasi_common
