// Lists a directory with getdents64(2).
//
// The kernel's offsets have 63 bits on ext4, but `long` of a guest has 32. So a cookie is a number
// that this file assigns to each offset, in the order of first use. Each directory being read has a
// buffer of entries.
#include <dirent.h>
#include <sys/syscall.h>

#include <climits>
#include <cstring>
#include <memory>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fd.h"
#include "platform.h"

namespace wasi_common::platform {
namespace {

constexpr std::size_t capacity = 65536;
// The most memory for the offsets of all directories of a guest: about eight million entries.
// Beyond it the guest gets ENOMEM.
constexpr std::size_t most_kept = std::size_t{1} << 26;
constexpr std::size_t place_size = sizeof(std::uint64_t);
constexpr std::size_t number_size = 48;  // per entry of the map: its node and its bucket
constexpr std::uint64_t nowhere = ~std::uint64_t{0};

// `struct linux_dirent64` of getdents64(2), which no header declares.
struct Raw {
  std::uint64_t inode;
  std::int64_t next;
  unsigned short size;
  unsigned char type;
  char name[1];
};
static_assert(offsetof(Raw, size) == 16 && offsetof(Raw, type) == 18 && offsetof(Raw, name) == 19);
static_assert(alignof(Raw) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

}  // namespace

// Invariant: the entry at `at` follows `cookie`. If `at == filled`, the next entry that the kernel
// returns follows it.
struct Listing {
  int fd;
  std::atomic<std::size_t>& kept;
  std::size_t charged = 0;
  std::uint64_t cookie = 0;  // the kernel is at the start of a newly opened directory
  std::size_t at = 0;
  std::size_t filled = 0;
  std::unique_ptr<char[]> buffer;
  bool ended = false;  // at a cookie that no listing returned
  // `places[n - 1]` is the kernel's offset after cookie n. Offsets are never dropped: a guest may
  // return to any of them.
  std::vector<std::uint64_t> places;
  // The expected index of the next offset among `places`. It changes when names are added or
  // removed.
  std::size_t expected = 0;
  // The reverse map. A directory read once from start to end does not need it.
  std::unique_ptr<std::unordered_map<std::uint64_t, std::uint64_t>> numbers;
  std::uint64_t next = 0;  // the cookie after the last entry examined

  Listing(int fd, std::atomic<std::size_t>& kept) : fd(fd), kept(kept) {}
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  ~Listing() { kept -= charged; }
  const Raw& raw(std::size_t place) const { return *reinterpret_cast<const Raw*>(buffer.get() + place); }
};

namespace {

bool charge(Listing& listing, std::size_t size) {
  if (listing.kept + size > most_kept) {
    errno = ENOMEM;
    return false;
  }
  listing.kept += size;
  listing.charged += size;
  return true;
}

// The cookie of one of the kernel's offsets; 0 and errno if the quota is exhausted.
std::uint64_t number_of(Listing& listing, std::uint64_t place) {
  auto& places = listing.places;
  if (listing.expected < places.size() && places[listing.expected] == place) return listing.expected + 1;
  // Past all known offsets every one is new, as long as all came in order.
  if (listing.numbers == nullptr && listing.expected < places.size()) {
    if (!charge(listing, places.size() * number_size)) return 0;
    listing.numbers = std::make_unique<std::unordered_map<std::uint64_t, std::uint64_t>>();
    for (std::size_t i = 0; i < places.size(); ++i) listing.numbers->emplace(places[i], i + 1);
  }
  if (listing.numbers != nullptr) {
    const auto known = listing.numbers->find(place);
    if (known != listing.numbers->end()) return known->second;
  }
  if (places.size() == INT_MAX) {
    errno = EOVERFLOW;
    return 0;
  }
  if (!charge(listing, place_size + (listing.numbers != nullptr ? number_size : 0))) return 0;
  places.push_back(place);
  if (listing.numbers != nullptr) listing.numbers->emplace(place, places.size());
  return places.size();
}

int seek(Listing& listing, std::uint64_t cookie) {
  listing.at = listing.filled = 0;
  listing.cookie = cookie;
  listing.expected = cookie;
  const std::uint64_t place = cookie == 0 ? 0 : listing.places[cookie - 1];
  return ::lseek(listing.fd, static_cast<off_t>(place), SEEK_SET) >= 0 ? 0 : -1;
}

// A cookie of another handle of the directory: skips as many entries as it counts, if there are so
// many.
int go_on_to(Listing& listing, std::uint64_t cookie) {
  listing.ended = cookie > INT_MAX;
  if (listing.ended) return 0;
  if (seek(listing, listing.places.size()) != 0) return -1;
  Entry entry;
  while (listing.places.size() < cookie || listing.cookie != cookie) {
    const int found = peek(listing, entry);
    if (found < 0) return -1;
    listing.ended = found == 0;
    if (listing.ended) return 0;
    advance(listing);
  }
  return 0;
}

}  // namespace

void Forget::operator()(Listing* listing) const { delete listing; }

ListingPointer list(int fd, std::atomic<std::size_t>& kept) {
  ListingPointer listing(new (std::nothrow) Listing(fd, kept));
  if (!listing) errno = ENOMEM;
  return listing;
}

bool holds_buffer(const Listing& listing) { return listing.buffer != nullptr; }

// Keeps the offsets: without them no reader could continue after names were removed.
void shrink(ListingPointer& listing) {
  listing->buffer.reset();
  listing->at = listing->filled = 0;
  listing->cookie = nowhere;
}

int go_to(Listing& listing, std::uint64_t cookie) {
  if (listing.buffer == nullptr) {
    listing.buffer.reset(new (std::nothrow) char[capacity]);
    if (listing.buffer == nullptr) {
      errno = ENOMEM;
      return -1;
    }
  }
  if (cookie > listing.places.size()) return go_on_to(listing, cookie);
  const bool ended = std::exchange(listing.ended, false);
  // Cookie 0 always rereads the directory, which may have changed.
  if (cookie != 0 && !ended) {
    if (cookie == listing.cookie) return 0;
    const std::uint64_t wanted = listing.places[cookie - 1];
    for (std::size_t place = 0; place < listing.filled; place += listing.raw(place).size) {
      if (static_cast<std::uint64_t>(listing.raw(place).next) != wanted) continue;
      listing.cookie = cookie;
      listing.expected = cookie;
      listing.at = place + listing.raw(place).size;
      return 0;
    }
  }
  return seek(listing, cookie);
}

int peek(Listing& listing, Entry& entry) {
  if (listing.ended) return 0;
  if (listing.at == listing.filled) {
    const long size = retry([&] { return ::syscall(SYS_getdents64, listing.fd, listing.buffer.get(), capacity); });
    // A directory removed in the meantime (ENOENT) is at its end.
    if (size < 0 && errno != ENOENT) return -1;
    listing.at = 0;
    listing.filled = size > 0 ? static_cast<std::size_t>(size) : 0;
    if (size <= 0) return 0;
  }
  const Raw& raw = listing.raw(listing.at);
  listing.next = number_of(listing, static_cast<std::uint64_t>(raw.next));
  if (listing.next == 0) return -1;
  entry = {listing.next, raw.inode, raw.type, raw.name, std::strlen(raw.name)};
  return 1;
}

void advance(Listing& listing) {
  // New names between known ones leave the others in place.
  if (listing.next == listing.expected + 1 || listing.next < listing.places.size()) listing.expected = listing.next;
  listing.cookie = listing.next;
  listing.at += listing.raw(listing.at).size;
}

}  // namespace wasi_common::platform
