// The information classes that a file system supports, and fallbacks for those it does not.
#include "disk.h"

#include <cstring>

#include "link.h"

namespace wasi_common {
namespace {

constexpr std::int64_t epoch = 116444736000000000;  // 1970, from 1601
constexpr std::uint64_t tick = 100;                 // nanoseconds

template <class Record>
nt::NTSTATUS query(nt::HANDLE file, Record& record, std::uint32_t information_class) {
  nt::IO_STATUS_BLOCK outcome{};
  const nt::NTSTATUS status = nt::calls.NtQueryInformationFile(file, &outcome, &record, sizeof(record), information_class);
  // The buffer has no space for the name, which is not needed.
  return status == nt::STATUS_BUFFER_OVERFLOW ? nt::STATUS_SUCCESS : status;
}

template <class Record>
nt::NTSTATUS set(nt::HANDLE file, const Record& record, std::uint32_t information_class) {
  nt::IO_STATUS_BLOCK outcome{};
  return nt::calls.NtSetInformationFile(file, &outcome, &record, sizeof(record), information_class);
}

// True for the errors of systems and file systems that do not support a class, or a flag in it.
bool unknown(nt::NTSTATUS status) {
  return status == nt::STATUS_INVALID_INFO_CLASS || status == nt::STATUS_INVALID_PARAMETER ||
         status == nt::STATUS_NOT_IMPLEMENTED || status == nt::STATUS_NOT_SUPPORTED ||
         status == nt::STATUS_INVALID_DEVICE_REQUEST;
}

nt::NTSTATUS name_anew(nt::HANDLE file, nt::HANDLE directory, const std::u16string& name, std::uint32_t flags,
                       std::uint32_t information_class) {
  std::vector<std::uint8_t> bytes(sizeof(nt::FILE_RENAME_INFORMATION) + 2 * name.size());
  nt::FILE_RENAME_INFORMATION head{};
  head.Flags = flags;
  head.RootDirectory = directory;
  head.FileNameLength = static_cast<std::uint32_t>(2 * name.size());
  std::memcpy(bytes.data(), &head, sizeof(head));
  std::memcpy(bytes.data() + offsetof(nt::FILE_RENAME_INFORMATION, FileName), name.data(), head.FileNameLength);
  nt::IO_STATUS_BLOCK outcome{};
  return nt::calls.NtSetInformationFile(file, &outcome, bytes.data(), static_cast<std::uint32_t>(bytes.size()),
                                        information_class);
}

}  // namespace

nt::NTSTATUS open_at(nt::HANDLE directory, const std::u16string& name, const Opening& how, Object& opened, bool* created) {
  const auto bytes = static_cast<std::uint16_t>(2 * name.size());
  const nt::UNICODE_STRING text{bytes, bytes, name.data()};
  nt::OBJECT_ATTRIBUTES attributes;
  attributes.RootDirectory = directory;
  attributes.ObjectName = &text;
  nt::IO_STATUS_BLOCK outcome{};
  nt::HANDLE object = nt::no_handle;
  constexpr std::uint32_t options =
      nt::FILE_SYNCHRONOUS_IO_NONALERT | nt::FILE_OPEN_FOR_BACKUP_INTENT | nt::FILE_OPEN_REPARSE_POINT;
  const nt::NTSTATUS status =
      nt::calls.NtCreateFile(&object, how.access | nt::FILE_READ_ATTRIBUTES | nt::SYNCHRONIZE, &attributes, &outcome, nullptr,
                             nt::FILE_ATTRIBUTE_NORMAL, how.share, how.disposition, how.options | options, nullptr, 0);
  if (!nt::NT_SUCCESS(status)) return status;
  opened = Object(object);
  if (created != nullptr) *created = outcome.Information == nt::FILE_CREATED;
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS look(nt::HANDLE file, nt::FILE_ALL_INFORMATION& all) { return query(file, all, nt::FileAllInformation); }
nt::NTSTATUS look(nt::HANDLE file, nt::FILE_ATTRIBUTE_TAG_INFORMATION& kind) {
  return query(file, kind, nt::FileAttributeTagInformation);
}

Filetype filetype(const nt::FILE_ATTRIBUTE_TAG_INFORMATION& kind) {
  if ((kind.FileAttributes & nt::FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return leads_elsewhere(kind.ReparseTag) ? Filetype::SymbolicLink : Filetype::Unknown;
  return (kind.FileAttributes & nt::FILE_ATTRIBUTE_DIRECTORY) != 0 ? Filetype::Directory : Filetype::RegularFile;
}

nt::NTSTATUS read_link(nt::HANDLE link, std::string& target) {
  std::vector<std::uint8_t> bytes(nt::MAXIMUM_REPARSE_DATA_BUFFER_SIZE);
  nt::IO_STATUS_BLOCK outcome{};
  const nt::NTSTATUS status = nt::calls.NtFsControlFile(link, nullptr, nullptr, nullptr, &outcome, nt::FSCTL_GET_REPARSE_POINT,
                                                        nullptr, 0, bytes.data(), nt::MAXIMUM_REPARSE_DATA_BUFFER_SIZE);
  if (!nt::NT_SUCCESS(status)) return status;
  return read_target(bytes.data(), outcome.Information, target) ? nt::STATUS_SUCCESS : nt::STATUS_NOT_A_REPARSE_POINT;
}

nt::NTSTATUS make_link(nt::HANDLE empty, const std::vector<std::uint8_t>& reparse) {
  // A process without the privilege may be allowed all the same.
  const bool begun = nt::NT_SUCCESS(nt::calls.begin_linking());
  nt::IO_STATUS_BLOCK outcome{};
  const nt::NTSTATUS status = nt::calls.NtFsControlFile(empty, nullptr, nullptr, nullptr, &outcome, nt::FSCTL_SET_REPARSE_POINT,
                                                        reparse.data(), static_cast<std::uint32_t>(reparse.size()), nullptr, 0);
  if (begun) nt::calls.end_linking();
  return status;
}

nt::NTSTATUS remove(nt::HANDLE file) {
  constexpr std::uint32_t flags =
      nt::FILE_DISPOSITION_DELETE | nt::FILE_DISPOSITION_POSIX_SEMANTICS | nt::FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
  const nt::NTSTATUS status = set(file, flags, nt::FileDispositionInformationEx);
  return unknown(status) ? set(file, std::uint8_t{1}, nt::FileDispositionInformation) : status;
}

nt::NTSTATUS rename(nt::HANDLE file, nt::HANDLE directory, const std::u16string& name) {
  constexpr std::uint32_t flags =
      nt::FILE_RENAME_REPLACE_IF_EXISTS | nt::FILE_RENAME_POSIX_SEMANTICS | nt::FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;
  const nt::NTSTATUS status = name_anew(file, directory, name, flags, nt::FileRenameInformationEx);
  return unknown(status) ? name_anew(file, directory, name, nt::FILE_RENAME_REPLACE_IF_EXISTS, nt::FileRenameInformation)
                         : status;
}

nt::NTSTATUS link(nt::HANDLE file, nt::HANDLE directory, const std::u16string& name) {
  return name_anew(file, directory, name, 0, nt::FileLinkInformation);
}

nt::NTSTATUS set_size(nt::HANDLE file, std::int64_t size) { return set(file, size, nt::FileEndOfFileInformation); }

nt::NTSTATUS set_position(nt::HANDLE file, std::int64_t place) { return set(file, place, nt::FilePositionInformation); }

nt::NTSTATUS set_times(nt::HANDLE file, const std::int64_t (&times)[2]) {
  // A time of 0 leaves the file's unchanged.
  return set(file, nt::FILE_BASIC_INFORMATION{0, times[0], times[1], 0, 0}, nt::FileBasicInformation);
}

std::uint64_t to_nanoseconds(std::int64_t time) {
  if (time <= epoch) return 0;
  std::uint64_t sum = 0;
  return __builtin_mul_overflow(static_cast<std::uint64_t>(time - epoch), tick, &sum) ? UINT64_MAX : sum;
}

std::int64_t from_nanoseconds(std::uint64_t time) { return epoch + static_cast<std::int64_t>(time / tick); }

}  // namespace wasi_common
