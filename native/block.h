// Knows where the block that JavaScript and this side share has what: class Block of lib/sys/block.ts.
#pragma once
#include "wasi.h"

namespace wasi_common {

inline constexpr std::uint32_t max_spans = 1024;
inline constexpr std::uint32_t max_polls = 1024;
// As much as one call reads or writes: Linux's own limit, which is in force everywhere.
inline constexpr std::uint64_t max_transfer = 0x7ffff000;

enum Want : std::int32_t { want_read = 1, want_write = 2 };
enum Ready : std::int32_t { ready_yes = 1, ready_hangup = 2 };

struct PollEntry {
  std::int32_t want;
  std::int32_t outcome;
};

struct Span {
  std::uint32_t offset;
  std::uint32_t length;
};

// A file type that nobody has asked for yet, in `opened`.
constexpr std::uint32_t not_asked = 0xff;

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
