// The POSIX errors that a guest may see, one row each.
#include "expected.h"

#include <cerrno>

namespace wasi_common {
namespace {

struct Row {
  int host;
  Errno guest;
};

// Excluded on purpose: EIO, and every error that reveals more about the host than about the call.
constexpr Row rows[] = {
    {E2BIG, Errno::TooBig},
    {EACCES, Errno::Acces},
    {EADDRINUSE, Errno::AddrInUse},
    {EADDRNOTAVAIL, Errno::AddrNotAvail},
    {EAFNOSUPPORT, Errno::AfNoSupport},
    {EAGAIN, Errno::Again},
    {EALREADY, Errno::Already},
    {EBADF, Errno::BadF},
    {EBUSY, Errno::Busy},
    {ECONNABORTED, Errno::ConnAborted},
    {ECONNREFUSED, Errno::ConnRefused},
    {ECONNRESET, Errno::ConnReset},
    {EDESTADDRREQ, Errno::DestAddrReq},
    {EDQUOT, Errno::Dquot},
    {EEXIST, Errno::Exist},
    {EFAULT, Errno::Fault},
    {EFBIG, Errno::Fbig},
    {EHOSTUNREACH, Errno::HostUnreach},
    {EILSEQ, Errno::Ilseq},
    {EINPROGRESS, Errno::InProgress},
    {EINTR, Errno::Intr},
    {EINVAL, Errno::Inval},
    {EISCONN, Errno::IsConn},
    {EISDIR, Errno::IsDir},
    {ELOOP, Errno::Loop},
    {EMFILE, Errno::Mfile},
    {EMLINK, Errno::Mlink},
    {EMSGSIZE, Errno::MsgSize},
    {ENAMETOOLONG, Errno::NameTooLong},
    {ENETDOWN, Errno::NetDown},
    {ENETRESET, Errno::NetReset},
    {ENETUNREACH, Errno::NetUnreach},
    {ENFILE, Errno::Nfile},
    {ENOBUFS, Errno::NoBufs},
    {ENODEV, Errno::NoDev},
    {ENOENT, Errno::NoEnt},
    {ENOLCK, Errno::NoLck},
    {ENOMEM, Errno::NoMem},
    {ENOPROTOOPT, Errno::NoProtoOpt},
    {ENOSPC, Errno::NoSpc},
    {ENOTCONN, Errno::NotConn},
    {ENOTDIR, Errno::NotDir},
    {ENOTEMPTY, Errno::NotEmpty},
    {ENOTSOCK, Errno::NotSock},
    {ENOTSUP, Errno::NotSup},
    {EOPNOTSUPP, Errno::NotSup},
    {ENOTTY, Errno::NoTty},
    {ENXIO, Errno::Nxio},
    {EOVERFLOW, Errno::Overflow},
    {EPERM, Errno::Perm},
    {EPIPE, Errno::Pipe},
    {EPROTO, Errno::Proto},
    {EROFS, Errno::Rofs},
    {ESPIPE, Errno::Spipe},
    {ESTALE, Errno::Stale},
    {ETIMEDOUT, Errno::TimedOut},
    {ETXTBSY, Errno::TxtBsy},
    {EXDEV, Errno::Xdev},
};

}  // namespace

Errno expected(int host_error) {
  for (const Row& row : rows)
    if (row.host == host_error) return row.guest;
  return Errno::Success;
}

}  // namespace wasi_common
