// The calls on an open file, except reading and writing.
#include "filestat.h"
#include "host.h"
#include "times.h"

namespace wasi_common {
namespace {

// Reopens the same file. A time set by a handle survives later writes through that handle, and a
// read-only handle can neither set times nor flush.
Answer open_again(State& state, const File& file, std::uint32_t access, Object& opened) {
  return state.guest.result("NtCreateFile", open_at(file.object, u"", {access}, opened));
}

}  // namespace

Answer Host::close(Handle handle) {
  Object left;
  if (!state_.files.shared()->remove(handle, left)) return refuse(Errno::BadF);
  return state_.guest.result("NtClose", left.close());
}

Answer Host::seek(Handle handle, std::int64_t offset, std::uint32_t whence) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::BadF);
  if (whence > 2) return refuse(Errno::Inval);
  if (file->kind != Kind::disk) return refuse(Errno::Spipe);
  const std::lock_guard<std::timed_mutex> lock(*file->mutex);
  nt::FILE_ALL_INFORMATION all{};
  if (file->adopted || whence == 2) {
    const nt::NTSTATUS status = look(file->object, all);
    if (!nt::NT_SUCCESS(status)) return state_.guest.result("NtQueryInformationFile", status);
  }
  const std::int64_t here = file->adopted ? all.PositionInformation.CurrentByteOffset : file->place;
  const std::int64_t from = whence == 0 ? 0 : whence == 1 ? here : all.StandardInformation.EndOfFile;
  std::int64_t place = 0;
  if (__builtin_add_overflow(from, offset, &place) || place < 0 || place > max_place) return refuse(Errno::Inval);
  if (!file->adopted) {
    file->place = place;
  } else if (const nt::NTSTATUS status = set_position(file->object, place); !nt::NT_SUCCESS(status)) {
    return state_.guest.result("NtSetInformationFile", status);
  }
  return place;
}

Answer Host::identify(Handle handle) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  state_.files.describe(*file);
  return 0;
}

Answer Host::filestat(Handle handle) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->kind == Kind::disk) return write_filestat(state_.guest, file->object, file->type, file->device);
  state_.guest.block().record = {};
  state_.guest.block().record.type = file->type;
  state_.guest.block().record.links = 1;
  return 0;
}

Answer Host::set_size(Handle handle, std::uint64_t size) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (!file->writes || file->kind != Kind::disk || file->is_directory()) return refuse(Errno::Inval);
  if (size > max_size) return refuse(Errno::Fbig);
  const nt::NTSTATUS status = wasi_common::set_size(file->object, static_cast<std::int64_t>(size));
  // No other parameter of the call can be invalid.
  return status == nt::STATUS_INVALID_PARAMETER ? refuse(Errno::Fbig) : state_.guest.result("NtSetInformationFile", status);
}

Answer Host::set_times(Handle handle, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  std::int64_t times[2];
  if (const Answer refused = times_to_set(state_.guest.block(), flags, times); refused != 0) return refused;
  if (file->kind != Kind::disk) return refuse(Errno::Inval);
  Object opened;
  if (const Answer refused = open_again(state_, *file, nt::FILE_WRITE_ATTRIBUTES, opened); refused != 0) return refused;
  return state_.guest.result("NtSetInformationFile", wasi_common::set_times(opened.get(), times));
}

Answer Host::allocate(Handle handle, std::uint64_t offset, std::uint64_t length) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (length == 0) return refuse(Errno::Inval);
  if (!file->writes || file->is_directory()) return refuse(Errno::BadF);
  if (file->kind != Kind::disk) return refuse(Errno::Spipe);
  if (offset > max_size || length > max_size - offset) return refuse(Errno::Fbig);
  nt::FILE_ALL_INFORMATION all;
  if (const nt::NTSTATUS status = look(file->object, all); !nt::NT_SUCCESS(status))
    return state_.guest.result("NtQueryInformationFile", status);
  // Bytes within a file's size already have disk space, unless the file is sparse.
  const auto end = static_cast<std::int64_t>(offset + length);
  if (end <= all.StandardInformation.EndOfFile) {
    // Updates the times as on Linux, where the call counts as a change.
    Object opened;
    if (const Answer refused = open_again(state_, *file, nt::FILE_WRITE_ATTRIBUTES, opened); refused != 0) return refused;
    return state_.guest.result("NtSetInformationFile", wasi_common::set_times(opened.get(), {0, file_time()}));
  }
  const nt::NTSTATUS status = wasi_common::set_size(file->object, end);
  return status == nt::STATUS_INVALID_PARAMETER ? refuse(Errno::Fbig) : state_.guest.result("NtSetInformationFile", status);
}

// A host may ignore advice, and Windows does.
Answer Host::advise(Handle handle, std::uint64_t offset, std::uint64_t length, std::uint32_t advice) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (advice > 5 || offset > INT64_MAX || length > INT64_MAX) return refuse(Errno::Inval);
  return file->kind == Kind::disk ? 0 : refuse(Errno::Spipe);
}

Answer Host::sync(Handle handle) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->kind != Kind::disk) return refuse(Errno::Inval);
  nt::IO_STATUS_BLOCK outcome{};
  Object opened;
  if (!file->writes) {
    const Answer answer = open_again(state_, *file, nt::FILE_APPEND_DATA, opened);
    // A file that may not be written has no data to flush, and a removed one needs no flush. A file
    // whose holder denies writing to others is the holder's to flush.
    for (const Errno harmless : {Errno::Acces, Errno::Rofs, Errno::NoEnt, Errno::Busy})
      if (answer == refuse(harmless)) return 0;
    if (answer != 0) return answer;
  }
  return state_.guest.result("NtFlushBuffersFile",
                             nt::calls.NtFlushBuffersFile(opened.open() ? opened.get() : file->object, &outcome));
}

Answer Host::datasync(Handle handle) { return sync(handle); }

Answer Host::set_flags(Handle handle, std::uint32_t flags) {
  constexpr std::uint32_t changeable = fdflags::append | fdflags::nonblock;
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags > fdflags::all) return refuse(Errno::Inval);
  const std::uint32_t changed = (flags ^ file->flags.get()) & (file->adopted ? ~std::uint32_t{fdflags::nonblock} : ~changeable);
  if (changed != 0) return refuse(Errno::NotSup);
  file->flags = flags;
  return 0;
}

}  // namespace wasi_common
