// The system calls of Windows NT that files need, as a table that a test may replace. Types are
// declared here under the names of Microsoft's driver documentation, so that the code compiles and
// is tested on any system.
#pragma once
#include <cstddef>
#include <cstdint>

#ifdef _WIN32
// Windows' headers define many of these names as macros, which ignore namespaces. They are included
// first, so that no later include defines them again.
#include "win.h"
// clang-format off
#undef DELETE
#undef FILE_APPEND_DATA
#undef FILE_ATTRIBUTE_DIRECTORY
#undef FILE_ATTRIBUTE_NORMAL
#undef FILE_ATTRIBUTE_READONLY
#undef FILE_ATTRIBUTE_REPARSE_POINT
#undef FILE_CREATE
#undef FILE_CREATED
#undef FILE_DIRECTORY_FILE
#undef FILE_OPEN
#undef FILE_OPEN_FOR_BACKUP_INTENT
#undef FILE_OPEN_IF
#undef FILE_OPEN_REPARSE_POINT
#undef FILE_READ_ATTRIBUTES
#undef FILE_READ_DATA
#undef FILE_SHARE_DELETE
#undef FILE_SHARE_READ
#undef FILE_SHARE_WRITE
#undef FILE_SYNCHRONOUS_IO_ALERT
#undef FILE_SYNCHRONOUS_IO_NONALERT
#undef FILE_TRAVERSE
#undef FILE_WRITE_ATTRIBUTES
#undef FILE_WRITE_DATA
#undef FILE_WRITE_THROUGH
#undef FSCTL_GET_REPARSE_POINT
#undef FSCTL_SET_REPARSE_POINT
#undef IO_REPARSE_TAG_MOUNT_POINT
#undef IO_REPARSE_TAG_SYMLINK
#undef MAXIMUM_REPARSE_DATA_BUFFER_SIZE
#undef NT_SUCCESS
#undef OBJ_CASE_INSENSITIVE
#undef OBJ_DONT_REPARSE
#undef STATUS_INVALID_HANDLE
#undef STATUS_INVALID_PARAMETER
#undef STATUS_NO_MEMORY
#undef STATUS_PENDING
#undef SYMLINK_FLAG_RELATIVE
#undef SYNCHRONIZE
// clang-format on
#endif

namespace wasi_common::nt {

static_assert(sizeof(void*) == 8, "64 bits");

// Negative for errors.
using NTSTATUS = std::int32_t;
using HANDLE = void*;
inline HANDLE const no_handle = reinterpret_cast<HANDLE>(std::intptr_t{-1});

constexpr NTSTATUS status(std::uint32_t bits) { return static_cast<NTSTATUS>(bits); }
constexpr bool NT_SUCCESS(NTSTATUS status) { return status >= 0; }

inline constexpr NTSTATUS STATUS_SUCCESS = 0;
inline constexpr NTSTATUS STATUS_PENDING = status(0x00000103);
inline constexpr NTSTATUS STATUS_BUFFER_OVERFLOW = status(0x80000005);
inline constexpr NTSTATUS STATUS_NO_MORE_FILES = status(0x80000006);
inline constexpr NTSTATUS STATUS_NOT_IMPLEMENTED = status(0xc0000002);
inline constexpr NTSTATUS STATUS_INVALID_INFO_CLASS = status(0xc0000003);
inline constexpr NTSTATUS STATUS_INFO_LENGTH_MISMATCH = status(0xc0000004);
inline constexpr NTSTATUS STATUS_INVALID_HANDLE = status(0xc0000008);
inline constexpr NTSTATUS STATUS_INVALID_PARAMETER = status(0xc000000d);
inline constexpr NTSTATUS STATUS_NO_SUCH_FILE = status(0xc000000f);
inline constexpr NTSTATUS STATUS_INVALID_DEVICE_REQUEST = status(0xc0000010);
inline constexpr NTSTATUS STATUS_END_OF_FILE = status(0xc0000011);
inline constexpr NTSTATUS STATUS_NO_MEMORY = status(0xc0000017);
inline constexpr NTSTATUS STATUS_ACCESS_DENIED = status(0xc0000022);
inline constexpr NTSTATUS STATUS_OBJECT_NAME_INVALID = status(0xc0000033);
inline constexpr NTSTATUS STATUS_OBJECT_NAME_NOT_FOUND = status(0xc0000034);
inline constexpr NTSTATUS STATUS_OBJECT_NAME_COLLISION = status(0xc0000035);
inline constexpr NTSTATUS STATUS_OBJECT_PATH_NOT_FOUND = status(0xc000003a);
inline constexpr NTSTATUS STATUS_DATA_ERROR = status(0xc000003e);
inline constexpr NTSTATUS STATUS_SHARING_VIOLATION = status(0xc0000043);
inline constexpr NTSTATUS STATUS_DELETE_PENDING = status(0xc0000056);
inline constexpr NTSTATUS STATUS_PRIVILEGE_NOT_HELD = status(0xc0000061);
inline constexpr NTSTATUS STATUS_NO_TOKEN = status(0xc000007c);
inline constexpr NTSTATUS STATUS_PIPE_DISCONNECTED = status(0xc00000b0);
inline constexpr NTSTATUS STATUS_PIPE_CLOSING = status(0xc00000b1);
inline constexpr NTSTATUS STATUS_FILE_IS_A_DIRECTORY = status(0xc00000ba);
inline constexpr NTSTATUS STATUS_NOT_SUPPORTED = status(0xc00000bb);
inline constexpr NTSTATUS STATUS_DIRECTORY_NOT_EMPTY = status(0xc0000101);
inline constexpr NTSTATUS STATUS_NOT_A_DIRECTORY = status(0xc0000103);
inline constexpr NTSTATUS STATUS_CANCELLED = status(0xc0000120);
inline constexpr NTSTATUS STATUS_CANNOT_DELETE = status(0xc0000121);
inline constexpr NTSTATUS STATUS_FILE_DELETED = status(0xc0000123);
inline constexpr NTSTATUS STATUS_PIPE_BROKEN = status(0xc000014b);
inline constexpr NTSTATUS STATUS_NOT_A_REPARSE_POINT = status(0xc0000275);
inline constexpr NTSTATUS STATUS_IO_REPARSE_DATA_INVALID = status(0xc0000278);
inline constexpr NTSTATUS STATUS_IO_REPARSE_TAG_NOT_HANDLED = status(0xc0000279);
inline constexpr NTSTATUS STATUS_REPARSE_POINT_ENCOUNTERED = status(0xc000050b);

// ACCESS_MASK.
enum : std::uint32_t {
  FILE_READ_DATA = 0x1,  // of a directory: FILE_LIST_DIRECTORY
  FILE_WRITE_DATA = 0x2,
  FILE_APPEND_DATA = 0x4,
  FILE_TRAVERSE = 0x20,
  FILE_READ_ATTRIBUTES = 0x80,
  FILE_WRITE_ATTRIBUTES = 0x100,
  DELETE = 0x10000,
  SYNCHRONIZE = 0x100000,
};
// ShareAccess: the access that later openers may have.
enum : std::uint32_t { FILE_SHARE_READ = 1, FILE_SHARE_WRITE = 2, FILE_SHARE_DELETE = 4 };
inline constexpr std::uint32_t share_all = 7;
inline constexpr std::uint32_t share_none = 0;

// CreateDisposition.
enum : std::uint32_t { FILE_OPEN = 1, FILE_CREATE = 2, FILE_OPEN_IF = 3 };
// CreateOptions.
enum : std::uint32_t {
  FILE_DIRECTORY_FILE = 0x1,
  FILE_WRITE_THROUGH = 0x2,
  FILE_SYNCHRONOUS_IO_ALERT = 0x10,
  FILE_SYNCHRONOUS_IO_NONALERT = 0x20,   // calls return when they are complete
  FILE_OPEN_FOR_BACKUP_INTENT = 0x4000,  // for directories and symlinks, as CreateFileW has FILE_FLAG_BACKUP_SEMANTICS
  FILE_OPEN_REPARSE_POINT = 0x200000,    // opens a reparse point itself, never its target
};
// FileAttributes.
enum : std::uint32_t {
  FILE_ATTRIBUTE_READONLY = 0x1,
  FILE_ATTRIBUTE_DIRECTORY = 0x10,
  FILE_ATTRIBUTE_NORMAL = 0x80,
  FILE_ATTRIBUTE_REPARSE_POINT = 0x400,
};
// ReparseTag.
enum : std::uint32_t { IO_REPARSE_TAG_MOUNT_POINT = 0xa0000003, IO_REPARSE_TAG_SYMLINK = 0xa000000c };
// FILE_INFORMATION_CLASS.
enum : std::uint32_t {
  FileBasicInformation = 4,
  FileAccessInformation = 8,
  FileRenameInformation = 10,
  FileLinkInformation = 11,
  FileDispositionInformation = 13,
  FilePositionInformation = 14,
  FileModeInformation = 16,
  FileAllInformation = 18,
  FileEndOfFileInformation = 20,
  FilePipeLocalInformation = 24,
  FileAttributeTagInformation = 35,
  FileIdFullDirectoryInformation = 38,
  FileDispositionInformationEx = 64,
  FileRenameInformationEx = 65,
};
// FS_INFORMATION_CLASS.
enum : std::uint32_t { FileFsVolumeInformation = 1 };
// FsControlCode.
enum : std::uint32_t { FSCTL_SET_REPARSE_POINT = 0x900a4, FSCTL_GET_REPARSE_POINT = 0x900a8 };

struct UNICODE_STRING {
  std::uint16_t Length;  // in bytes
  std::uint16_t MaximumLength;
  const char16_t* Buffer;
};

// Windows programs look names up without regard to case.
inline constexpr std::uint32_t OBJ_CASE_INSENSITIVE = 0x40;
// Fails if the path crosses a reparse point, including a directory that became one after it was
// opened.
inline constexpr std::uint32_t OBJ_DONT_REPARSE = 0x1000;

struct OBJECT_ATTRIBUTES {
  std::uint32_t Length = sizeof(OBJECT_ATTRIBUTES);
  HANDLE RootDirectory = nullptr;
  const UNICODE_STRING* ObjectName = nullptr;
  std::uint32_t Attributes = OBJ_CASE_INSENSITIVE | OBJ_DONT_REPARSE;
  const void* SecurityDescriptor = nullptr;
  const void* SecurityQualityOfService = nullptr;
};
static_assert(sizeof(OBJECT_ATTRIBUTES) == 48);

struct IO_STATUS_BLOCK {
  union {
    NTSTATUS Status;
    void* Pointer;
  };
  std::uint64_t Information;
};

inline constexpr std::uint64_t FILE_CREATED = 2;  // IO_STATUS_BLOCK::Information after an open

struct FILE_BASIC_INFORMATION {
  std::int64_t CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
  std::uint32_t FileAttributes;
};
static_assert(sizeof(FILE_BASIC_INFORMATION) == 40);

struct FILE_STANDARD_INFORMATION {
  std::int64_t AllocationSize;
  std::int64_t EndOfFile;
  std::uint32_t NumberOfLinks;
  std::uint8_t DeletePending;
  std::uint8_t Directory;
};
static_assert(sizeof(FILE_STANDARD_INFORMATION) == 24);

struct FILE_ALL_INFORMATION {
  FILE_BASIC_INFORMATION BasicInformation;
  FILE_STANDARD_INFORMATION StandardInformation;
  struct {
    std::int64_t IndexNumber;
  } InternalInformation;
  struct {
    std::uint32_t EaSize;
  } EaInformation;
  struct {
    std::uint32_t AccessFlags;
  } AccessInformation;
  struct {
    std::int64_t CurrentByteOffset;
  } PositionInformation;
  struct {
    std::uint32_t Mode;
  } ModeInformation;
  struct {
    std::uint32_t AlignmentRequirement;
  } AlignmentInformation;
  struct {
    std::uint32_t FileNameLength;
    char16_t FileName[1];
  } NameInformation;
};
static_assert(sizeof(FILE_ALL_INFORMATION) == 104 && offsetof(FILE_ALL_INFORMATION, InternalInformation) == 64 &&
              offsetof(FILE_ALL_INFORMATION, PositionInformation) == 80 && offsetof(FILE_ALL_INFORMATION, NameInformation) == 96);

struct FILE_ATTRIBUTE_TAG_INFORMATION {
  std::uint32_t FileAttributes;
  std::uint32_t ReparseTag;
};

// Also FILE_RENAME_INFORMATION_EX and FILE_LINK_INFORMATION. In the older classes `Flags` is a
// single flag, ReplaceIfExists.
struct FILE_RENAME_INFORMATION {
  std::uint32_t Flags;
  HANDLE RootDirectory;
  std::uint32_t FileNameLength;
  char16_t FileName[1];
};
static_assert(offsetof(FILE_RENAME_INFORMATION, RootDirectory) == 8 && offsetof(FILE_RENAME_INFORMATION, FileName) == 20);
// FILE_RENAME_INFORMATION_EX::Flags.
enum : std::uint32_t {
  FILE_RENAME_REPLACE_IF_EXISTS = 0x1,
  FILE_RENAME_POSIX_SEMANTICS = 0x2,
  FILE_RENAME_IGNORE_READONLY_ATTRIBUTE = 0x40,
};
// FILE_DISPOSITION_INFORMATION_EX::Flags.
enum : std::uint32_t {
  FILE_DISPOSITION_DELETE = 0x1,
  FILE_DISPOSITION_POSIX_SEMANTICS = 0x2,
  FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE = 0x10,
};

struct FILE_ID_FULL_DIR_INFORMATION {
  std::uint32_t NextEntryOffset;
  std::uint32_t FileIndex;
  std::int64_t CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
  std::int64_t EndOfFile, AllocationSize;
  std::uint32_t FileAttributes;
  std::uint32_t FileNameLength;
  std::uint32_t EaSize;  // for a reparse point, its tag
  std::uint64_t FileId;
  char16_t FileName[1];
};
static_assert(offsetof(FILE_ID_FULL_DIR_INFORMATION, FileAttributes) == 56 &&
              offsetof(FILE_ID_FULL_DIR_INFORMATION, FileId) == 72 && offsetof(FILE_ID_FULL_DIR_INFORMATION, FileName) == 80);

struct FILE_FS_VOLUME_INFORMATION {
  std::int64_t VolumeCreationTime;
  std::uint32_t VolumeSerialNumber;
  std::uint32_t VolumeLabelLength;
  std::uint8_t SupportsObjects;
  char16_t VolumeLabel[1];
};
static_assert(offsetof(FILE_FS_VOLUME_INFORMATION, VolumeSerialNumber) == 8 &&
              offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel) == 18);

struct FILE_PIPE_LOCAL_INFORMATION {
  std::uint32_t NamedPipeType, NamedPipeConfiguration, MaximumInstances, CurrentInstances, InboundQuota, ReadDataAvailable,
      OutboundQuota, WriteQuotaAvailable, NamedPipeState, NamedPipeEnd;
};
// FILE_PIPE_LOCAL_INFORMATION::NamedPipeState.
inline constexpr std::uint32_t FILE_PIPE_CONNECTED_STATE = 3;

// REPARSE_DATA_BUFFER up to its PathBuffer, without the Flags that precede it in a symbolic link. A
// mount point has no Flags.
struct REPARSE_DATA_BUFFER {
  std::uint32_t ReparseTag;
  std::uint16_t ReparseDataLength;  // of everything after `Reserved`
  std::uint16_t Reserved;
  std::uint16_t SubstituteNameOffset, SubstituteNameLength;
  std::uint16_t PrintNameOffset, PrintNameLength;
};
static_assert(sizeof(REPARSE_DATA_BUFFER) == 16);
inline constexpr std::uint32_t SYMLINK_FLAG_RELATIVE = 1;
inline constexpr std::size_t MAXIMUM_REPARSE_DATA_BUFFER_SIZE = 16384;

// The ByteOffset of an appending write.
inline constexpr std::int64_t FILE_WRITE_TO_END_OF_FILE = -1;

struct Calls {
  NTSTATUS (*NtCreateFile)(HANDLE* FileHandle, std::uint32_t DesiredAccess, const OBJECT_ATTRIBUTES* ObjectAttributes,
                           IO_STATUS_BLOCK* IoStatusBlock, const std::int64_t* AllocationSize, std::uint32_t FileAttributes,
                           std::uint32_t ShareAccess, std::uint32_t CreateDisposition, std::uint32_t CreateOptions,
                           const void* EaBuffer, std::uint32_t EaLength);
  NTSTATUS (*NtClose)(HANDLE Handle);
  NTSTATUS (*NtQueryInformationFile)(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock, void* FileInformation,
                                     std::uint32_t Length, std::uint32_t FileInformationClass);
  NTSTATUS (*NtSetInformationFile)(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock, const void* FileInformation,
                                   std::uint32_t Length, std::uint32_t FileInformationClass);
  NTSTATUS (*NtQueryDirectoryFile)(HANDLE FileHandle, HANDLE Event, void* ApcRoutine, void* ApcContext,
                                   IO_STATUS_BLOCK* IoStatusBlock, void* FileInformation, std::uint32_t Length,
                                   std::uint32_t FileInformationClass, std::uint8_t ReturnSingleEntry,
                                   const UNICODE_STRING* FileName, std::uint8_t RestartScan);
  NTSTATUS (*NtQueryVolumeInformationFile)(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock, void* FsInformation,
                                           std::uint32_t Length, std::uint32_t FsInformationClass);
  NTSTATUS (*NtFsControlFile)(HANDLE FileHandle, HANDLE Event, void* ApcRoutine, void* ApcContext, IO_STATUS_BLOCK* IoStatusBlock,
                              std::uint32_t FsControlCode, const void* InputBuffer, std::uint32_t InputBufferLength,
                              void* OutputBuffer, std::uint32_t OutputBufferLength);
  NTSTATUS (*NtReadFile)(HANDLE FileHandle, HANDLE Event, void* ApcRoutine, void* ApcContext, IO_STATUS_BLOCK* IoStatusBlock,
                         void* Buffer, std::uint32_t Length, const std::int64_t* ByteOffset, const std::uint32_t* Key);
  NTSTATUS (*NtWriteFile)(HANDLE FileHandle, HANDLE Event, void* ApcRoutine, void* ApcContext, IO_STATUS_BLOCK* IoStatusBlock,
                          const void* Buffer, std::uint32_t Length, const std::int64_t* ByteOffset, const std::uint32_t* Key);
  NTSTATUS (*NtFlushBuffersFile)(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock);
  // Enables SeCreateSymbolicLinkPrivilege for this thread until end_linking(). Symbolic links
  // require it, and processes usually have it disabled.
  NTSTATUS (*begin_linking)();
  void (*end_linking)();
};

// The host's own calls. The build chooses their definition.
extern const Calls calls;

}  // namespace wasi_common::nt
