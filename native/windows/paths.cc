// The calls that take a path, except those that create, move or remove names.
#include <algorithm>

#include "host.h"
#include "times.h"

namespace wasi_common {

Answer Host::open(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t oflags,
                  std::uint32_t fdflags, std::uint32_t access) {
  constexpr std::uint32_t creating_directory = oflags::creat | oflags::directory;
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (oflags > 15 || fdflags > fdflags::all || access > (want_both | want_unchanged)) return refuse(Errno::Inval);
  if ((oflags & creating_directory) == creating_directory) return refuse(Errno::Inval);
  File file;
  const Wanted wanted{oflags, fdflags, access};
  if (const Answer refused = state_.resolver.open(*parent, path, follow != 0, wanted, file); refused != 0) return refused;
  return state_.files.place(std::move(file));
}

Answer Host::filestat_at(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow) {
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  return state_.resolver.status(*parent, path, follow != 0);
}

Answer Host::set_times_at(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t flags) {
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  std::int64_t times[2];
  if (const Answer refused = times_to_set(state_.guest.block(), flags, times); refused != 0) return refused;
  OwnedParent resolved;
  const unsigned how = (follow != 0 ? How::follow : keep) | enter;
  if (const Answer refused = state_.resolver.parent(parent->object, path, how, resolved); refused != 0) return refused;
  Object opened;
  const nt::NTSTATUS status = open_at(resolved.object(), resolved.spelled, {nt::FILE_WRITE_ATTRIBUTES}, opened);
  if (!nt::NT_SUCCESS(status)) return state_.guest.result("NtCreateFile", status, path.bytes);
  return state_.guest.result("NtSetInformationFile", wasi_common::set_times(opened.get(), times), path.bytes);
}

Answer Host::readlink(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t into, std::uint32_t capacity) {
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  std::uint8_t* const place = state_.guest.memory(into, capacity);
  if (place == nullptr) return refuse(Errno::Fault);
  OwnedParent resolved;
  if (const Answer refused = state_.resolver.parent(parent->object, path, enter, resolved); refused != 0) return refused;
  Object opened;
  if (const nt::NTSTATUS status = open_at(resolved.object(), resolved.spelled, {}, opened); !nt::NT_SUCCESS(status))
    return state_.guest.result("NtCreateFile", status, path.bytes);
  std::string target;
  if (const nt::NTSTATUS status = read_link(opened.get(), target); !nt::NT_SUCCESS(status))
    return state_.guest.result("NtFsControlFile", status, path.bytes);
  const std::size_t size = std::min<std::size_t>(capacity, target.size());
  std::copy_n(target.begin(), size, place);
  return static_cast<Answer>(size);
}

}  // namespace wasi_common
