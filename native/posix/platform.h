// The calls that Linux and macOS implement differently, in linux/ and darwin/. They return as
// system calls do: -1 and errno.
#pragma once
#include <poll.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>

namespace wasi_common::platform {

// libc's calls of these names, without its cancellation points (pthreads(7)). Those cost time in
// each call, and no thread here is ever cancelled.
ssize_t read(int fd, void* into, std::size_t size);
ssize_t write(int fd, const void* from, std::size_t size);
ssize_t pread(int fd, void* into, std::size_t size, off_t place);
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t place);
int openat(int dir, const char* path, int flags, mode_t mode);
int close(int fd);

// True if the kernel itself can resolve paths beneath a directory. Probed once per process, with a
// root.
bool resolves_beneath(int root);
// open(2) of a path that the kernel contains in `dir`: EXDEV for an escape, EAGAIN if a race left
// it undecided.
int open_beneath(int dir, const char* path, int flags, mode_t mode);
// Flags that open a directory only for path resolution.
extern const int search_flags;

// Reserves disk space for a file, which grows if necessary.
int reserve(int fd, off_t offset, off_t length);
// `advice` is a valid WASI number.
int advise(int fd, off_t offset, off_t length, std::uint32_t advice);
int sync_data(int fd);
// poll(2) with nanoseconds; a null timeout waits forever.
int wait(pollfd* entries, std::size_t count, const timespec* timeout);
// The same without waiting.
int look(pollfd* entries, std::size_t count);

// readv(2) of the bytes available, and writev(2) of as many as fit. EAGAIN if there are none;
// EOPNOTSUPP if the host cannot do that with this file.
ssize_t read_now(int fd, const struct iovec* vectors, int count);
ssize_t write_now(int fd, const struct iovec* vectors, int count);

// Reopens the file that `fd` is open on, with the flags of open(2). The caller checks that it is
// the same file.
int reopen(int fd, int flags);
// True for the master of a pseudoterminal: the terminal emulator's side.
bool is_master(int fd);

// A non-blocking stream socket.
int stream_socket(int family);
int accept(int socket, bool nonblock);
// Makes writing to a disconnected socket fail with EPIPE instead of SIGPIPE, together with
// `send_flags` in every send.
void keep_quiet(int socket);
extern const int send_flags;

struct Times {
  timespec accessed, modified, changed;
};
Times times(const struct stat& status);

// True if `error` is the one that unlinkat(2) returns for a directory.
bool refuses_directory(int error);

// One directory entry. The name is valid until the next call on the listing.
struct Entry {
  std::uint64_t next;  // the cookie after it
  std::uint64_t inode;
  unsigned char type;  // DT_*
  const char* name;
  std::size_t length;
};

// A reading position in a directory. It may be dropped at any time, and remade from a cookie.
struct Listing;
struct Forget {
  void operator()(Listing* listing) const;
};
using ListingPointer = std::unique_ptr<Listing, Forget>;

// Starts a listing; null and errno on failure. `kept` counts the bytes that all listings of a guest
// keep besides their buffers.
ListingPointer list(int fd, std::atomic<std::size_t>& kept);
// True if the listing holds a large buffer. `shrink` frees the buffer, or the whole listing if a
// cookie can remake it.
bool holds_buffer(const Listing& listing);
void shrink(ListingPointer& listing);
// Moves to the entry after `cookie`; 0 is the start.
int go_to(Listing& listing, std::uint64_t cookie);
// Reads the next entry without advancing: 1, or 0 at the end.
int peek(Listing& listing, Entry& entry);
// Advances past the entry that peek() returned.
void advance(Listing& listing);

}  // namespace wasi_common::platform
