// Knows what Linux and macOS do each in their own way; linux/ and darwin/ implement it. Calls answer as system calls do:
// -1 and errno.
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

// The calls of libc by these names, without its points of cancellation: they cost something in each call, and no thread here
// is ever cancelled.
ssize_t read(int fd, void* into, std::size_t size);
ssize_t write(int fd, const void* from, std::size_t size);
ssize_t pread(int fd, void* into, std::size_t size, off_t place);
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t place);
int openat(int dir, const char* path, int flags, mode_t mode);
int close(int fd);

// Says if the kernel itself can resolve paths beneath a directory. Asked once a process, of a root.
bool resolves_beneath(int root);
// open(2) of a path that the kernel keeps beneath `dir`: EXDEV for one that leads out, EAGAIN when it could not tell.
int open_beneath(int dir, const char* path, int flags, mode_t mode);
// Flags that open a directory only to go through it.
extern const int search_flags;

// Reserves room for a file, which grows if it must.
int reserve(int fd, off_t offset, off_t length);
// `advice` is numbered as WASI does, and known.
int advise(int fd, off_t offset, off_t length, std::uint32_t advice);
int sync_data(int fd);
// poll(2) with nanoseconds; a null timeout waits for ever.
int wait(pollfd* entries, std::size_t count, const timespec* timeout);

// readv(2) of what is there and writev(2) of what finds room, EAGAIN where nothing is or does; EOPNOTSUPP where the host cannot
// do that with this file.
ssize_t read_now(int fd, const struct iovec* vectors, int count);
ssize_t write_now(int fd, const struct iovec* vectors, int count);

// Opens what `fd` is open on a second time, with open(2)'s flags. The caller checks that it is the same file.
int reopen(int fd, int flags);
// True of the side of a pseudoterminal that the terminal emulator has.
bool is_master(int fd);

// A non-blocking socket for connections.
int stream_socket(int family);
int accept(int socket, bool nonblock);
// Sees to it that writing to a socket whose peer is gone is EPIPE and no signal, with `send_flags` in every send.
void keep_quiet(int socket);
extern const int send_flags;

struct Times {
  timespec accessed, modified, changed;
};
Times times(const struct stat& status);

// Says if `error` is unlinkat()'s for a directory.
bool refuses_directory(int error);

// One entry of a directory. The name lives until the next call on the listing.
struct Entry {
  std::uint64_t next;  // cookie of what follows it
  std::uint64_t inode;
  unsigned char type;  // DT_*
  const char* name;
  std::size_t length;
};

// A reading position in a directory. It may be dropped and made again at any time, by a cookie.
struct Listing;
struct Forget {
  void operator()(Listing* listing) const;
};
using ListingPointer = std::unique_ptr<Listing, Forget>;

// Null and errno if it cannot be made. `kept` counts the bytes that all of a guest's keep beside their buffers.
ListingPointer list(int fd, std::atomic<std::size_t>& kept);
// Says if it holds a large buffer. `shrink` gives that up, or all of it where a cookie makes it again.
bool holds_buffer(const Listing& listing);
void shrink(ListingPointer& listing);
// Stands before the entry that follows `cookie`; 0 is the start.
int go_to(Listing& listing, std::uint64_t cookie);
// The entry that comes next: 1, or 0 at the end.
int peek(Listing& listing, Entry& entry);
// Go on behind the entry that peek() gave.
void advance(Listing& listing);

}  // namespace wasi_common::platform
