// Knows getdents64(2): cookies are the kernel's own offsets, a buffer of entries is kept for each directory.
#include <dirent.h>
#include <sys/syscall.h>

#include <cstring>
#include <new>

#include "fd.h"
#include "platform.h"

namespace wasi_common::platform {
namespace {

constexpr std::size_t capacity = 65536;

// struct linux_dirent64, which no header has.
struct Raw {
  std::uint64_t inode;
  std::int64_t next;
  unsigned short size;
  unsigned char type;
  char name[1];
};
static_assert(offsetof(Raw, size) == 16 && offsetof(Raw, type) == 18 && offsetof(Raw, name) == 19);

}  // namespace

// Invariant: the entry at `at` (or, where at == filled, the next that the kernel will give) follows `cookie`.
struct Listing {
  int fd;
  std::uint64_t cookie = 0;  // the kernel is at the start when the directory was just opened
  std::size_t at = 0;
  std::size_t filled = 0;
  alignas(Raw) char buffer[capacity];

  const Raw& raw(std::size_t place) const { return *reinterpret_cast<const Raw*>(buffer + place); }
};

void Forget::operator()(Listing* listing) const { delete listing; }

ListingPointer list(int fd) {
  ListingPointer listing(new (std::nothrow) Listing);
  if (listing)
    listing->fd = fd;
  else
    errno = ENOMEM;
  return listing;
}

int go_to(Listing& listing, std::uint64_t cookie) {
  // The start is always read afresh: the directory may have changed.
  if (cookie != 0) {
    if (cookie == listing.cookie) return 0;
    for (std::size_t place = 0; place < listing.filled; place += listing.raw(place).size) {
      if (static_cast<std::uint64_t>(listing.raw(place).next) != cookie) continue;
      listing.cookie = cookie;
      listing.at = place + listing.raw(place).size;
      return 0;
    }
  }
  listing.at = listing.filled = 0;
  listing.cookie = cookie;
  return ::lseek(listing.fd, static_cast<off_t>(cookie), SEEK_SET) >= 0 ? 0 : -1;
}

int peek(Listing& listing, Entry& entry) {
  if (listing.at == listing.filled) {
    const long size = retry([&] { return ::syscall(SYS_getdents64, listing.fd, listing.buffer, capacity); });
    // A directory that was removed meanwhile is at its end.
    if (size < 0 && errno != ENOENT) return -1;
    listing.at = 0;
    listing.filled = size > 0 ? static_cast<std::size_t>(size) : 0;
    if (size <= 0) return 0;
  }
  const Raw& raw = listing.raw(listing.at);
  entry = {static_cast<std::uint64_t>(raw.next), raw.inode, raw.type, raw.name, std::strlen(raw.name)};
  return 1;
}

void advance(Listing& listing) {
  const Raw& raw = listing.raw(listing.at);
  listing.cookie = static_cast<std::uint64_t>(raw.next);
  listing.at += raw.size;
}

}  // namespace wasi_common::platform
