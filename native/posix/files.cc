// The calls on an open file, except reading and writing.
#include <fcntl.h>

#include <climits>

#include "filestat.h"
#include "host.h"

namespace wasi_common {

Answer Host::close(Handle handle) {
  Descriptor fd;
  if (!state_.files.shared()->remove(handle, fd)) return refuse(Errno::BadF);
  // close(2) releases the descriptor whatever it returns. EINTR can be ignored; EIO and ENOSPC must
  // be reported.
  return fd.reset() == 0 || errno == EINTR ? 0 : state_.guest.failed("close", errno);
}

Answer Host::seek(Handle handle, std::int64_t offset, std::uint32_t whence) {
  constexpr int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (const Answer failed = state_.files.fetch_type(*file); failed != 0) return failed;
  // readdir() owns the offset of a directory.
  if (file->is_directory()) return refuse(Errno::BadF);
  if (whence > 2) return refuse(Errno::Inval);
  // Seeks back from past max_size: only the kernel knows the offset and the end of the file.
  const bool far = whence == 2 || offset > max_place;
  const off_t before = far ? ::lseek(file->fd, 0, SEEK_CUR) : 0;
  const off_t place = ::lseek(file->fd, offset, whences[whence]);
  if (place < 0) return state_.guest.failed("lseek", errno);
  if (place <= max_place) return place;
  ::lseek(file->fd, far ? before : place - offset, SEEK_SET);
  return refuse(Errno::Inval);
}

Answer Host::identify(Handle handle) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (const Answer failed = state_.files.fetch_type(*file); failed != 0) return failed;
  state_.files.describe(*file);
  return 0;
}

Answer Host::filestat(Handle handle) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  struct stat status;
  if (::fstat(file->fd, &status) != 0) return state_.guest.failed("fstat", errno);
  write_filestat(status, filetype(status, file->fd), state_.guest.block().record);
  return 0;
}

Answer Host::set_size(Handle handle, std::uint64_t size) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (size > max_size) {
    if (const Answer failed = state_.files.fetch_type(*file); failed != 0) return failed;
    return refuse(file->writes && file->type == Filetype::RegularFile ? Errno::Fbig : Errno::Inval);
  }
  const int result = retry([&] { return ::ftruncate(file->fd, static_cast<off_t>(size)); });
  return result == 0 ? 0 : state_.guest.failed("ftruncate", errno);
}

Answer Host::set_times(Handle handle, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  timespec times[2];
  if (const Answer refused = times_to_set(state_.guest.block(), flags, times); refused != 0) return refused;
  return ::futimens(file->fd, times) == 0 ? 0 : state_.guest.failed("futimens", errno);
}

Answer Host::allocate(Handle handle, std::uint64_t offset, std::uint64_t length) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (length == 0) return refuse(Errno::Inval);
  if (offset > max_size || length > max_size - offset) {
    if (const Answer failed = state_.files.fetch_type(*file); failed != 0) return failed;
    if (!file->writes) return refuse(Errno::BadF);
    if (file->type == Filetype::SocketStream || file->type == Filetype::SocketDgram) return refuse(Errno::Spipe);
    return refuse(file->type == Filetype::RegularFile ? Errno::Fbig : Errno::NoDev);
  }
  const int result = retry([&] { return platform::reserve(file->fd, static_cast<off_t>(offset), static_cast<off_t>(length)); });
  return result == 0 ? 0 : state_.guest.failed("fallocate", errno);
}

Answer Host::advise(Handle handle, std::uint64_t offset, std::uint64_t length, std::uint32_t advice) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (advice > 5 || offset > INT64_MAX || length > INT64_MAX) return refuse(Errno::Inval);
  const int result = platform::advise(file->fd, static_cast<off_t>(offset), static_cast<off_t>(length), advice);
  return result == 0 ? 0 : state_.guest.failed("fadvise", errno);
}

Answer Host::sync(Handle handle) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  return retry([&] { return ::fsync(file->fd); }) == 0 ? 0 : state_.guest.failed("fsync", errno);
}

Answer Host::datasync(Handle handle) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  return retry([&] { return platform::sync_data(file->fd); }) == 0 ? 0 : state_.guest.failed("fdatasync", errno);
}

Answer Host::set_flags(Handle handle, std::uint32_t flags) {
  constexpr std::uint32_t changeable = fdflags::append | fdflags::nonblock;
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags > fdflags::all) return refuse(Errno::Inval);
  // F_SETFL accepts the sync flags and ignores them (fcntl(2), BUGS), so it must not be called with
  // them.
  const std::uint32_t changed = (flags ^ file->flags.get()) & (file->adopted ? ~std::uint32_t{fdflags::nonblock} : ~changeable);
  if (changed != 0) return refuse(Errno::NotSup);
  if (!file->adopted && flags != file->flags.get()) {
    const int host = (flags & fdflags::append ? O_APPEND : 0) | O_NONBLOCK;
    if (::fcntl(file->fd, F_SETFL, host) != 0) return state_.guest.failed("fcntl", errno);
  }
  file->flags = flags;
  return 0;
}

}  // namespace wasi_common
