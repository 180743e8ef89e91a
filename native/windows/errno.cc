// The Windows errors that a guest may see, one row each: NTSTATUS, which is negative; Win32; and
// Winsock from 10000 on.
#include "expected.h"
#include "nt.h"

namespace wasi_common {
namespace {

struct Row {
  std::uint32_t host;
  Errno guest;
};

// Excluded on purpose: every error that reveals more about the host than about the call.
constexpr Row rows[] = {
    {0xc0000002, Errno::NoSys},        // STATUS_NOT_IMPLEMENTED
    {0xc0000003, Errno::NotSup},       // STATUS_INVALID_INFO_CLASS
    {0xc0000008, Errno::BadF},         // STATUS_INVALID_HANDLE
    {0xc000000d, Errno::Inval},        // STATUS_INVALID_PARAMETER
    {0xc000000f, Errno::NoEnt},        // STATUS_NO_SUCH_FILE
    {0xc0000010, Errno::NotSup},       // STATUS_INVALID_DEVICE_REQUEST
    {0xc0000017, Errno::NoMem},        // STATUS_NO_MEMORY
    {0xc0000022, Errno::Acces},        // STATUS_ACCESS_DENIED
    {0xc0000033, Errno::Inval},        // STATUS_OBJECT_NAME_INVALID
    {0xc0000034, Errno::NoEnt},        // STATUS_OBJECT_NAME_NOT_FOUND
    {0xc0000035, Errno::Exist},        // STATUS_OBJECT_NAME_COLLISION
    {0xc000003a, Errno::NoEnt},        // STATUS_OBJECT_PATH_NOT_FOUND
    {0xc0000043, Errno::Busy},         // STATUS_SHARING_VIOLATION
    {0xc0000044, Errno::Dquot},        // STATUS_QUOTA_EXCEEDED
    {0xc0000054, Errno::Busy},         // STATUS_FILE_LOCK_CONFLICT
    {0xc0000055, Errno::Busy},         // STATUS_LOCK_NOT_GRANTED
    {0xc0000056, Errno::NoEnt},        // STATUS_DELETE_PENDING
    {0xc0000061, Errno::Perm},         // STATUS_PRIVILEGE_NOT_HELD
    {0xc000007f, Errno::NoSpc},        // STATUS_DISK_FULL
    {0xc000009a, Errno::NoMem},        // STATUS_INSUFFICIENT_RESOURCES
    {0xc00000a2, Errno::Rofs},         // STATUS_MEDIA_WRITE_PROTECTED
    {0xc00000b5, Errno::TimedOut},     // STATUS_IO_TIMEOUT
    {0xc00000ba, Errno::IsDir},        // STATUS_FILE_IS_A_DIRECTORY
    {0xc00000bb, Errno::NotSup},       // STATUS_NOT_SUPPORTED
    {0xc00000d4, Errno::Xdev},         // STATUS_NOT_SAME_DEVICE
    {0xc0000101, Errno::NotEmpty},     // STATUS_DIRECTORY_NOT_EMPTY
    {0xc0000103, Errno::NotDir},       // STATUS_NOT_A_DIRECTORY
    {0xc0000106, Errno::NameTooLong},  // STATUS_NAME_TOO_LONG
    {0xc000011f, Errno::Mfile},        // STATUS_TOO_MANY_OPENED_FILES
    {0xc0000120, Errno::Canceled},     // STATUS_CANCELLED
    {0xc0000121, Errno::Acces},        // STATUS_CANNOT_DELETE
    {0xc0000123, Errno::NoEnt},        // STATUS_FILE_DELETED
    {0xc0000128, Errno::BadF},         // STATUS_FILE_CLOSED
    {0xc000014b, Errno::Pipe},         // STATUS_PIPE_BROKEN
    {0xc00000b0, Errno::Pipe},         // STATUS_PIPE_DISCONNECTED
    {0xc00000b1, Errno::Pipe},         // STATUS_PIPE_CLOSING
    {0xc0000243, Errno::Busy},         // STATUS_USER_MAPPED_FILE
    {0xc0000265, Errno::Mlink},        // STATUS_TOO_MANY_LINKS
    {0xc0000275, Errno::Inval},        // STATUS_NOT_A_REPARSE_POINT
    {0xc0000279, Errno::NotSup},       // STATUS_IO_REPARSE_TAG_NOT_HANDLED
    {0xc000050b, Errno::NotCapable},   // STATUS_REPARSE_POINT_ENCOUNTERED
    {0xc0000904, Errno::Fbig},         // STATUS_FILE_TOO_LARGE
    {2, Errno::NoEnt},                 // ERROR_FILE_NOT_FOUND
    {3, Errno::NoEnt},                 // ERROR_PATH_NOT_FOUND
    {4, Errno::Mfile},                 // ERROR_TOO_MANY_OPEN_FILES
    {5, Errno::Acces},                 // ERROR_ACCESS_DENIED
    {6, Errno::BadF},                  // ERROR_INVALID_HANDLE
    {8, Errno::NoMem},                 // ERROR_NOT_ENOUGH_MEMORY
    {32, Errno::Busy},                 // ERROR_SHARING_VIOLATION
    {87, Errno::Inval},                // ERROR_INVALID_PARAMETER
    {109, Errno::Pipe},                // ERROR_BROKEN_PIPE
    {123, Errno::NoEnt},               // ERROR_INVALID_NAME
    {161, Errno::NoEnt},               // ERROR_BAD_PATHNAME
    {206, Errno::NameTooLong},         // ERROR_FILENAME_EXCED_RANGE
    {232, Errno::Pipe},                // ERROR_NO_DATA
    {233, Errno::Pipe},                // ERROR_PIPE_NOT_CONNECTED
    {267, Errno::NotDir},              // ERROR_DIRECTORY
    {1920, Errno::Acces},              // ERROR_CANT_ACCESS_FILE
    {10004, Errno::Intr},              // WSAEINTR, and so on
    {10009, Errno::BadF},
    {10013, Errno::Acces},
    {10014, Errno::Fault},
    {10022, Errno::Inval},
    {10024, Errno::Mfile},
    {10035, Errno::Again},
    {10036, Errno::InProgress},
    {10037, Errno::Already},
    {10038, Errno::NotSock},
    {10040, Errno::MsgSize},
    {10045, Errno::NotSup},
    {10047, Errno::AfNoSupport},
    {10048, Errno::AddrInUse},
    {10049, Errno::AddrNotAvail},
    {10050, Errno::NetDown},
    {10051, Errno::NetUnreach},
    {10052, Errno::NetReset},
    {10053, Errno::ConnAborted},
    {10054, Errno::ConnReset},
    {10055, Errno::NoBufs},
    {10056, Errno::IsConn},
    {10057, Errno::NotConn},
    {10058, Errno::Pipe},  // a send after shutdown
    {10060, Errno::TimedOut},
    {10061, Errno::ConnRefused},
    {10065, Errno::HostUnreach},
};

}  // namespace

Errno expected(int host_error) {
  for (const Row& row : rows)
    if (nt::status(row.host) == host_error) return row.guest;
  return Errno::Success;
}

}  // namespace wasi_common
