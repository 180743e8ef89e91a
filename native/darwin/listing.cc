// Lists a directory with readdir(3). The offsets of telldir(3) are valid only for the stream that
// returned them, so a cookie counts the entries before it.
#include <dirent.h>
#include <fcntl.h>

#include <new>

#include "fd.h"
#include "platform.h"
#include "reserve.h"

namespace wasi_common::platform {

// Invariant: `entry` follows `cookie`. If `entry` is null, the next entry that readdir(3) returns
// follows it.
struct Listing {
  DIR* stream = nullptr;
  std::uint64_t cookie = 0;
  const dirent* entry = nullptr;
};

void Forget::operator()(Listing* listing) const {
  if (listing->stream != nullptr) ::closedir(listing->stream);
  delete listing;
}

ListingPointer list(int fd, std::atomic<std::size_t>&) {
  ListingPointer listing(new (std::nothrow) Listing);
  // closedir(3) closes the stream's descriptor, hence a duplicate. The two share an offset, which
  // only this listing moves.
  Descriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (listing == nullptr || !copy.open()) return nullptr;
  if (copy.get() >= first_reserved()) {
    errno = EMFILE;
    return nullptr;
  }
  listing->stream = ::fdopendir(copy.get());
  if (listing->stream == nullptr) return nullptr;
  copy.release();
  return listing;
}

bool holds_buffer(const Listing&) { return true; }

void shrink(ListingPointer& listing) { listing.reset(); }

int go_to(Listing& listing, std::uint64_t cookie) {
  if (cookie != 0 && cookie == listing.cookie) return 0;
  if (cookie < listing.cookie || cookie == 0) {
    ::rewinddir(listing.stream);
    listing.cookie = 0;
    listing.entry = nullptr;
  }
  // A cookie past the end means the end.
  Entry entry;
  while (listing.cookie < cookie) {
    const int found = peek(listing, entry);
    if (found <= 0) return found;
    advance(listing);
  }
  return 0;
}

int peek(Listing& listing, Entry& entry) {
  if (listing.entry == nullptr) {
    errno = 0;
    listing.entry = ::readdir(listing.stream);
    if (listing.entry == nullptr) return errno == 0 ? 0 : -1;
  }
  entry = {listing.cookie + 1, listing.entry->d_ino, listing.entry->d_type, listing.entry->d_name, listing.entry->d_namlen};
  return 1;
}

void advance(Listing& listing) {
  listing.entry = nullptr;
  ++listing.cookie;
}

}  // namespace wasi_common::platform
