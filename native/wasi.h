// The numbers and records of preview 1, as laid out in guest memory.
#pragma once
#include <cstddef>
#include <cstdint>

// Records are copied to guest memory byte for byte.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "WebAssembly is little-endian, and so must the host be");
static_assert(sizeof(double) == 8 && sizeof(void*) <= 8);

namespace wasi_common {

// Zero or more on success, `-Errno` for an error that the guest may see, `unexpected` for any
// other. As in lib/sys/sys.ts.
using Answer = std::int64_t;
inline constexpr Answer unexpected = -0x10000;
// No result yet: make the same call again. lib/sys/native/sys.ts does, at a point where the thread
// can be terminated.
inline constexpr Answer pending = -0x20000;

// In the order of the specification; lib/abi/errno.ts has the same list.
// clang-format off
enum class Errno : std::int8_t {
  Success, TooBig, Acces, AddrInUse, AddrNotAvail, AfNoSupport, Again, Already, BadF, BadMsg, Busy, Canceled,
  Child, ConnAborted, ConnRefused, ConnReset, Deadlk, DestAddrReq, Dom, Dquot, Exist, Fault, Fbig, HostUnreach,
  Idrm, Ilseq, InProgress, Intr, Inval, Io, IsConn, IsDir, Loop, Mfile, Mlink, MsgSize, MultiHop,
  NameTooLong, NetDown, NetReset, NetUnreach, Nfile, NoBufs, NoDev, NoEnt, NoExec, NoLck, NoLink, NoMem,
  NoMsg, NoProtoOpt, NoSpc, NoSys, NotConn, NotDir, NotEmpty, NotRecoverable, NotSock, NotSup, NoTty, Nxio,
  Overflow, OwnerDead, Perm, Pipe, Proto, ProtoNoSupport, Prototype, Range, Rofs, Spipe, Srch, Stale,
  TimedOut, TxtBsy, Xdev, NotCapable,
};
// clang-format on
static_assert(static_cast<int>(Errno::NoEnt) == 44 && static_cast<int>(Errno::NotCapable) == 76);

// A host handle: the open file of a guest descriptor. Below 2^53, so that a double
// represents it exactly.
using Handle = std::uint64_t;

constexpr Answer refuse(Errno error) { return -static_cast<Answer>(error); }

enum class Filetype : std::uint8_t {
  Unknown,
  BlockDevice,
  CharacterDevice,
  Directory,
  RegularFile,
  SocketDgram,
  SocketStream,
  SymbolicLink,
};

namespace oflags {
enum : std::uint32_t { creat = 1, directory = 2, excl = 4, trunc = 8, all = 15 };
}
namespace fdflags {
enum : std::uint32_t { append = 1, dsync = 2, nonblock = 4, rsync = 8, sync = 16, all = 31 };
}
namespace fstflags {
enum : std::uint32_t { atim = 1, atim_now = 2, mtim = 4, mtim_now = 8, all = 15 };
}
namespace riflags {
enum : std::uint32_t { peek = 1, waitall = 2, all = 3 };
}
namespace sdflags {
enum : std::uint32_t { rd = 1, wr = 2 };
}
inline constexpr std::uint32_t roflags_data_truncated = 1;

struct Filestat {
  std::uint64_t device;
  std::uint64_t inode;
  Filetype type;
  std::uint8_t padding[7];
  std::uint64_t links;
  std::uint64_t size;
  std::uint64_t accessed;
  std::uint64_t modified;
  std::uint64_t changed;
};
static_assert(sizeof(Filestat) == 64 && offsetof(Filestat, type) == 16 && offsetof(Filestat, links) == 24);

struct Dirent {
  std::uint64_t next;
  std::uint64_t inode;
  std::uint32_t name_length;
  Filetype type;
  std::uint8_t padding[3];
};
static_assert(sizeof(Dirent) == 24 && offsetof(Dirent, name_length) == 16 && offsetof(Dirent, type) == 20);

}  // namespace wasi_common
