// Moves bytes between an open file and guest memory.
#include <memory>
#include <new>

#include "chunks.h"
#include "host.h"
#include "stream.h"

namespace wasi_common {
namespace {

struct Buffer {
  std::uint8_t bytes[Chunks::at_once];
};
std::unique_ptr<Buffer> buffer() { return std::unique_ptr<Buffer>(new (std::nothrow) Buffer); }

using Move = nt::NTSTATUS (*)(const File& file, nt::IO_STATUS_BLOCK& outcome, std::uint8_t* bytes, std::uint32_t size,
                              const std::int64_t* offset);

nt::NTSTATUS read_one(const File& file, nt::IO_STATUS_BLOCK& outcome, std::uint8_t* into, std::uint32_t size,
                      const std::int64_t* offset) {
  return nt::calls.NtReadFile(file.object, nullptr, nullptr, nullptr, &outcome, into, size, offset, nullptr);
}
nt::NTSTATUS write_one(const File& file, nt::IO_STATUS_BLOCK& outcome, std::uint8_t* from, std::uint32_t size,
                       const std::int64_t* offset) {
  return nt::calls.NtWriteFile(file.object, nullptr, nullptr, nullptr, &outcome, from, size, offset, nullptr);
}

// Moves the chunks one by one, from `offset` on, or from the system's own offset if that is null.
// Bytes already moved count more than a later failure.
Answer move_each(State& state, const File& file, Chunk* begin, const Chunk* end, const std::int64_t* offset, const char* name,
                 Move move) {
  std::uint64_t done = 0;
  std::int64_t place = offset != nullptr ? *offset : 0;
  for (const Chunk* chunk = begin; chunk != end; ++chunk) {
    nt::IO_STATUS_BLOCK outcome{};
    const nt::NTSTATUS status = move(file, outcome, chunk->base, chunk->length, offset != nullptr ? &place : nullptr);
    if (status == nt::STATUS_END_OF_FILE) break;
    if (!nt::NT_SUCCESS(status)) return done > 0 ? static_cast<Answer>(done) : state.guest.result(name, status);
    done += outcome.Information;
    if (place != nt::FILE_WRITE_TO_END_OF_FILE) place += static_cast<std::int64_t>(outcome.Information);
    if (outcome.Information < chunk->length) break;
  }
  return static_cast<Answer>(done);
}

// True if the chunks are many and small: they move as one.
bool as_one(const Chunks& chunks) { return chunks.count() > 1 && chunks.total() <= Chunks::at_once; }

Answer read_disk(State& state, const File& file, Chunks& chunks, const std::int64_t* offset) {
  constexpr const char* name = "NtReadFile";
  if (!as_one(chunks)) return move_each(state, file, chunks.begin(), chunks.end(), offset, name, read_one);
  const auto room = buffer();
  if (room == nullptr) return refuse(Errno::NoMem);
  Chunk whole{room->bytes, static_cast<std::uint32_t>(chunks.total())};
  const Answer size = move_each(state, file, &whole, &whole + 1, offset, name, read_one);
  if (size > 0) chunks.copy_from(room->bytes, static_cast<std::uint64_t>(size));
  return size;
}

Answer write_disk(State& state, const File& file, Chunks& chunks, const std::int64_t* offset) {
  constexpr const char* name = "NtWriteFile";
  if (!as_one(chunks)) return move_each(state, file, chunks.begin(), chunks.end(), offset, name, write_one);
  const auto room = buffer();
  if (room == nullptr) return refuse(Errno::NoMem);
  Chunk whole{room->bytes, chunks.copy_to(room->bytes, Chunks::at_once)};
  return move_each(state, file, &whole, &whole + 1, offset, name, write_one);
}

// A call with an offset also moves the system's own, so the offset that the host sees is restored.
template <class Call>
Answer keep_position(State& state, const File& file, Call call) {
  if (!file.adopted) return call();
  const std::lock_guard<std::timed_mutex> lock(*file.mutex);
  nt::FILE_ALL_INFORMATION all;
  if (const nt::NTSTATUS status = look(file.object, all); !nt::NT_SUCCESS(status))
    return state.guest.result("NtQueryInformationFile", status);
  const Answer answer = call();
  set_position(file.object, all.PositionInformation.CurrentByteOffset);
  return answer;
}

// Starts at the file's own offset, or at its end.
template <class Call>
Answer write_on(File& file, Call call) {
  const std::lock_guard<std::timed_mutex> lock(*file.mutex);
  const bool appends = (file.flags.get() & fdflags::append) != 0;
  const std::int64_t* const offset = file.adopted ? nullptr : appends ? &nt::FILE_WRITE_TO_END_OF_FILE : &file.place;
  const Answer size = call(offset);
  if (size < 0 || file.adopted) return size;
  nt::FILE_ALL_INFORMATION all;
  if (appends && nt::NT_SUCCESS(look(file.object, all)))
    file.place = all.StandardInformation.EndOfFile;
  else
    file.place += size;
  return size;
}

// Writes all bytes unless the guest set NONBLOCK. block.progress counts from call to call, so that
// this thread can be terminated in between.
Answer write_all(State& state, File& file, std::uint32_t spans) {
  const auto room = buffer();
  if (room == nullptr) return refuse(Errno::NoMem);
  std::uint32_t& progress = state.guest.block().progress;
  Chunks chunks;
  if (const Answer refused = chunks.gather(state, spans, Chunks::at_once, progress); refused != 0) return refused;
  if (chunks.empty()) return progress;
  const std::uint32_t offered = chunks.copy_to(room->bytes, Chunks::at_once);
  const Answer written = write_stream(state, file, room->bytes, offered);
  if (written < 0) return written == pending || progress == 0 ? written : progress;
  progress += static_cast<std::uint32_t>(written);
  const bool last = written == offered && offered < Chunks::at_once;
  return last || written == 0 || file.asked_nonblock() ? progress : pending;
}

}  // namespace

Answer Host::readv(Handle handle, std::uint32_t spans) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  if (file->is_socket()) return recv(handle, spans, 0);
  if (!file->reads) return refuse(Errno::BadF);
  Chunks chunks;
  if (const Answer refused = chunks.gather(state_, spans); refused != 0) return refused;
  if (chunks.empty()) return 0;
  if (file->kind != Kind::disk) {
    const auto room = buffer();
    if (room == nullptr) return refuse(Errno::NoMem);
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(chunks.total(), Chunks::at_once));
    const Answer size = read_stream(state_, *file, room->bytes, most);
    if (size > 0) chunks.copy_from(room->bytes, static_cast<std::uint64_t>(size));
    return size;
  }
  const std::lock_guard<std::timed_mutex> lock(*file->mutex);
  const Answer size = read_disk(state_, *file, chunks, file->adopted ? nullptr : &file->place);
  if (size > 0 && !file->adopted) file->place += size;
  return size;
}

Answer Host::preadv(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  if (!file->reads) return refuse(Errno::BadF);
  if (file->kind != Kind::disk) return refuse(Errno::Spipe);
  const std::int64_t place = place_of(offset);
  Chunks chunks;
  if (const Answer refused = chunks.gather(state_, spans, limit_at(place)); refused != 0) return refused;
  if (chunks.empty()) return 0;
  return keep_position(state_, *file, [&] { return read_disk(state_, *file, chunks, &place); });
}

Answer Host::writev(Handle handle, std::uint32_t spans) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_socket()) return send(handle, spans, 0);
  if (!file->writes) return refuse(Errno::BadF);
  if (file->kind != Kind::disk) return write_all(state_, *file, spans);
  Chunks chunks;
  if (const Answer refused = chunks.gather(state_, spans); refused != 0) return refused;
  if (chunks.empty()) return 0;
  return write_on(*file, [&](const std::int64_t* offset) { return write_disk(state_, *file, chunks, offset); });
}

Answer Host::write_text(Handle handle, std::uint32_t length) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (length > sizeof(Block::text)) return refuse(Errno::Inval);
  if (!file->writes) return refuse(Errno::BadF);
  Chunk whole{state_.guest.block().text, length};
  if (file->kind != Kind::disk) return write_stream(state_, *file, whole.base, length);
  return write_on(*file, [&](const std::int64_t* offset) {
    return move_each(state_, *file, &whole, &whole + 1, offset, "NtWriteFile", write_one);
  });
}

Answer Host::pwritev(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (!file->writes) return refuse(Errno::BadF);
  if (file->kind != Kind::disk) return refuse(Errno::Spipe);
  // Linux appends here, too, whatever the offset (pwrite(2), BUGS).
  const bool appends = (file->flags.get() & fdflags::append) != 0;
  const std::int64_t place = appends ? nt::FILE_WRITE_TO_END_OF_FILE : place_of(offset);
  Chunks chunks;
  if (const Answer refused = chunks.gather(state_, spans, limit_at(appends ? 0 : place)); refused != 0) return refused;
  if (chunks.empty()) return chunks.cut() ? refuse(Errno::Fbig) : 0;
  return keep_position(state_, *file, [&] { return write_disk(state_, *file, chunks, &place); });
}

}  // namespace wasi_common
