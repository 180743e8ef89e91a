// The layout of the block that JavaScript and the addon share: class Block of lib/sys/block.ts.
#pragma once
#include "wasi.h"

namespace wasi_common {

inline constexpr std::uint32_t max_spans = 1024;
inline constexpr std::uint32_t max_polls = 1024;
// The most bytes that one call reads or writes. This is Linux's limit (read(2), NOTES), enforced on
// every platform.
inline constexpr std::uint64_t max_transfer = 0x7ffff000;
// The largest file size, and so the last offset: JavaScript numbers are exact up to it. See
// `maxSize` in lib/sys/sys.ts.
inline constexpr std::uint64_t max_size = (std::uint64_t{1} << 53) - 1;
// The same as a file offset.
inline constexpr std::int64_t max_place = static_cast<std::int64_t>(max_size);
// Clamps a guest's offset, and the length that a call may move from there.
inline std::int64_t place_of(std::uint64_t offset) { return offset < max_size ? static_cast<std::int64_t>(offset) : max_place; }
inline std::uint64_t limit_at(std::int64_t place) {
  const std::uint64_t left = max_size - static_cast<std::uint64_t>(place);
  return left < max_transfer ? left : max_transfer;
}

enum Want : std::int32_t { want_read = 1, want_write = 2 };
// The bits of open() for both bits of Want, without creating anything. See `UNCHANGED` in
// lib/sys/sys.ts.
inline constexpr std::uint32_t want_both = want_read | want_write;
inline constexpr std::uint32_t want_unchanged = 4;
enum Ready : std::int32_t { ready_yes = 1, ready_hangup = 2 };

struct PollEntry {
  std::int32_t want;
  std::int32_t outcome;
};

struct Span {
  std::uint32_t offset;
  std::uint32_t length;
};

// Marks a lazy file type in `opened`: not fetched yet.
constexpr std::uint32_t type_not_fetched = 0xff;

struct Block {
  Filestat record;
  std::uint64_t time;
  std::uint64_t times[2];
  struct {
    std::uint32_t type;
    std::uint32_t flags;
    std::uint32_t terminal;
  } opened;
  std::uint32_t second;
  std::uint64_t cookie;
  std::uint32_t progress;
  std::uint8_t unused[128 - 116];
  std::uint8_t text[4096 - 128];
  double poll_handles[max_polls];
  PollEntry poll[max_polls];
  double poll_bytes[max_polls];
  Span spans[max_spans];
};
static_assert(offsetof(Block, time) == 64 && offsetof(Block, times) == 72 && offsetof(Block, opened) == 88);
static_assert(offsetof(Block, second) == 100 && offsetof(Block, cookie) == 104 && offsetof(Block, progress) == 112 &&
              offsetof(Block, poll_handles) == 4096);
static_assert(offsetof(Block, text) == 128 && offsetof(Block, poll) == 12288 && offsetof(Block, poll_bytes) == 20480 &&
              offsetof(Block, spans) == 28672 && sizeof(Block) == 36864);

}  // namespace wasi_common
