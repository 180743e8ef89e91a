// Opens the embedder's directories and adopts its descriptors, with the ambient authority of the
// process: outside any sandbox.
#include "win.h"

#include "host.h"
#include "text.h"

namespace wasi_common {
namespace {

int last_error() { return static_cast<int>(::GetLastError()); }

// The handle of a C library descriptor. Node's C library opened it, so only Node can map it. Other
// hosts have at least the standard ones.
HANDLE handle_of(int fd) {
  using Ask = HANDLE (*)(int);
  static const auto ask =
      reinterpret_cast<Ask>(reinterpret_cast<void*>(::GetProcAddress(::GetModuleHandleW(nullptr), "uv_get_osfhandle")));
  constexpr DWORD standard[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
  if (fd < 0) return INVALID_HANDLE_VALUE;
  HANDLE handle = ask != nullptr ? ask(fd) : INVALID_HANDLE_VALUE;
  // The C library returns -2 for a standard descriptor without a stream.
  // @see https://learn.microsoft.com/cpp/c-runtime-library/reference/get-osfhandle
  const bool none = handle == INVALID_HANDLE_VALUE || reinterpret_cast<std::intptr_t>(handle) == -2;
  if (none && fd < 3) handle = ::GetStdHandle(standard[fd]);
  return handle == nullptr || reinterpret_cast<std::intptr_t>(handle) == -2 ? INVALID_HANDLE_VALUE : handle;
}

// SOCK_STREAM and so on; 0 if the handle is no socket.
int socket_type(HANDLE handle) {
  int type = 0;
  int size = sizeof(type);
  const SOCKET socket = reinterpret_cast<SOCKET>(handle);
  return ::getsockopt(socket, SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size) == 0 ? type : 0;
}

template <class Record>
bool query(HANDLE handle, Record& record, std::uint32_t information_class) {
  nt::IO_STATUS_BLOCK outcome{};
  return nt::NT_SUCCESS(nt::calls.NtQueryInformationFile(handle, &outcome, &record, sizeof(record), information_class));
}

std::uint64_t volume(HANDLE file) {
  // The volume label follows the struct.
  alignas(8) std::uint8_t bytes[sizeof(nt::FILE_FS_VOLUME_INFORMATION) + 64];
  nt::IO_STATUS_BLOCK outcome{};
  const nt::NTSTATUS status =
      nt::calls.NtQueryVolumeInformationFile(file, &outcome, bytes, sizeof(bytes), nt::FileFsVolumeInformation);
  return nt::NT_SUCCESS(status) || status == nt::STATUS_BUFFER_OVERFLOW
             ? reinterpret_cast<nt::FILE_FS_VOLUME_INFORMATION*>(bytes)->VolumeSerialNumber
             : 0;
}

}  // namespace

Answer Host::open_ambient(const std::string& path) {
  // Rejects a NUL: it would truncate the path, and open another directory than the one named.
  std::u16string units;
  if (path.find('\0') != std::string::npos || !to_utf16(path, units))
    return state_.guest.failed_embedder("CreateFileW", ERROR_INVALID_PARAMETER, &path);
  // Follows symlinks, by the host's own rules.
  Object opened(::CreateFileW(reinterpret_cast<const wchar_t*>(units.c_str()),
                              FILE_LIST_DIRECTORY | nt::FILE_READ_ATTRIBUTES | nt::SYNCHRONIZE, nt::share_all, nullptr,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  if (!opened.open()) return state_.guest.failed_embedder("CreateFileW", last_error(), &path);
  nt::FILE_ATTRIBUTE_TAG_INFORMATION kind;
  if (const nt::NTSTATUS status = look(opened.get(), kind); !nt::NT_SUCCESS(status))
    return state_.guest.failed_embedder("NtQueryInformationFile", status, &path);
  if ((kind.FileAttributes & nt::FILE_ATTRIBUTE_DIRECTORY) == 0)
    return state_.guest.failed_embedder("CreateFileW", ERROR_DIRECTORY, &path);
  File file;
  file.type = Filetype::Directory;
  file.device = volume(opened.get());
  file.object = opened.release();
  return state_.files.place(std::move(file));
}

Answer Host::adopt_ambient(int fd) {
  const HANDLE handle = handle_of(fd);
  if (handle == INVALID_HANDLE_VALUE) return state_.guest.failed_embedder("uv_get_osfhandle", ERROR_INVALID_HANDLE);
  File file;
  file.object = handle;
  file.adopted = true;
  DWORD console = 0;
  int type = 0;
  std::uint32_t mode = 0;
  std::uint32_t allowed = 0;
  const bool known = query(handle, allowed, nt::FileAccessInformation);
  file.reads = !known || (allowed & nt::FILE_READ_DATA) != 0;
  file.writes = !known || (allowed & (nt::FILE_WRITE_DATA | nt::FILE_APPEND_DATA)) != 0;
  switch (::GetFileType(handle)) {
    case FILE_TYPE_DISK: {
      nt::FILE_ATTRIBUTE_TAG_INFORMATION kind;
      if (const nt::NTSTATUS status = look(handle, kind); !nt::NT_SUCCESS(status))
        return state_.guest.failed_embedder("NtQueryInformationFile", status);
      file.type = filetype(kind);
      file.device = volume(handle);
      if (known && file.writes && (allowed & nt::FILE_WRITE_DATA) == 0) file.flags = fdflags::append;
      break;
    }
    case FILE_TYPE_CHAR:
      file.type = Filetype::CharacterDevice;
      file.kind = ::GetConsoleMode(handle, &console) ? Kind::console : Kind::device;
      if (file.kind == Kind::console) file.reads = file.writes = true;
      break;
    case FILE_TYPE_PIPE:
      type = socket_type(handle);
      file.type = type == SOCK_DGRAM ? Filetype::SocketDgram : Filetype::SocketStream;
      file.kind = type == 0 ? Kind::pipe : Kind::socket;
      break;
    default: return state_.guest.failed_embedder("GetFileType", ERROR_INVALID_HANDLE);
  }
  constexpr std::uint32_t synchronous = nt::FILE_SYNCHRONOUS_IO_ALERT | nt::FILE_SYNCHRONOUS_IO_NONALERT;
  file.overlapped = file.kind != Kind::console && query(handle, mode, nt::FileModeInformation) && (mode & synchronous) == 0;
  // An overlapped file has no offset of its own: each call would have to pass it, and the host
  // could not see it.
  if (file.kind == Kind::disk && file.overlapped)
    return state_.guest.failed_embedder("NtQueryInformationFile", ERROR_INVALID_PARAMETER);
  return state_.files.place(std::move(file));
}

}  // namespace wasi_common
