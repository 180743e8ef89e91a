// The calls on sockets, all of which are non-blocking.
#include <memory>
#include <new>

#include "chunks.h"
#include "host.h"
#include "sockets.h"
#include "stream.h"
#include "win.h"

namespace wasi_common {
namespace {

SOCKET socket_of(const File& file) { return reinterpret_cast<SOCKET>(file.object); }

struct Buffers {
  DWORD count = 0;
  WSABUF all[max_spans];

  explicit Buffers(Chunks& chunks) {
    for (const Chunk& chunk : chunks) all[count++] = {chunk.length, reinterpret_cast<char*>(chunk.base)};
    // Winsock requires at least one buffer.
    if (count == 0) all[count++] = {0, nullptr};
  }
};

bool ready(const File& file, short event, int milliseconds) {
  WSAPOLLFD entry{socket_of(file), event, 0};
  return ::WSAPoll(&entry, 1, milliseconds) > 0;
}

// Converts the result of a call that may have to wait.
Answer answer(State& state, const File& file, const char* name, short event, int result, DWORD size) {
  if (result == 0) return size;
  const int error = ::WSAGetLastError();
  if (error != WSAEWOULDBLOCK) return state.guest.result(name, error);
  if (!file.asked_nonblock()) (void)ready(file, event, patience);
  return not_yet(file);
}

// True if the call would block. A socket that the host passed may be a blocking one, whose calls
// wait without limit.
bool would_wait(const File& file, short event) {
  return file.adopted && !ready(file, event, file.asked_nonblock() ? 0 : patience);
}

// Sends all bytes, or receives until the buffer is full or the stream ends. block.progress counts
// from call to call.
template <class Call>
Answer move_all(State& state, std::uint32_t spans, bool receives, Call call) {
  std::uint32_t& progress = state.guest.block().progress;
  Chunks chunks;
  if (const Answer refused = chunks.gather(state, spans, Chunks::at_once, progress); refused != 0) return refused;
  if (chunks.empty() && (progress > 0 || receives)) return progress;
  const std::uint64_t offered = chunks.total();
  const Answer size = call(chunks);
  if (size < 0) return size == pending || progress == 0 ? size : progress;
  progress += static_cast<std::uint32_t>(size);
  const bool last = static_cast<std::uint64_t>(size) == offered && offered < Chunks::at_once;
  return last || size == 0 ? progress : pending;
}

bool waits_for_all(const File& file) { return file.type == Filetype::SocketStream && !file.asked_nonblock(); }

}  // namespace

int close_socket(nt::HANDLE socket) { return ::closesocket(reinterpret_cast<SOCKET>(socket)) == 0 ? 0 : ::WSAGetLastError(); }

Answer Host::accept(Handle handle, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags & ~std::uint32_t{fdflags::nonblock}) return refuse(Errno::Inval);
  if (!file->is_socket()) return refuse(Errno::NotSock);
  if (!listens(file->object)) return refuse(Errno::Inval);
  if (would_wait(*file, POLLRDNORM)) return not_yet(*file);
  const SOCKET accepted = ::accept(socket_of(*file), nullptr, nullptr);
  if (accepted == INVALID_SOCKET) return answer(state_, *file, "accept", POLLRDNORM, SOCKET_ERROR, 0);
  File connection;
  connection.object = reinterpret_cast<nt::HANDLE>(accepted);
  connection.kind = Kind::socket;
  connection.type = file->type;
  connection.reads = connection.writes = true;
  connection.flags = flags;
  keep_to_ourselves(connection.object);
  return state_.files.place(std::move(connection));
}

Answer Host::recv(Handle handle, std::uint32_t spans, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags > riflags::all) return refuse(Errno::Inval);
  if (!file->is_socket()) return refuse(Errno::NotSock);
  state_.guest.block().second = 0;
  const auto receive = [&](Chunks& chunks, DWORD how) -> Answer {
    if (would_wait(*file, POLLRDNORM)) return not_yet(*file);
    Buffers buffers(chunks);
    DWORD size = 0;
    const int result = ::WSARecv(socket_of(*file), buffers.all, buffers.count, &size, &how, nullptr, nullptr);
    if (result == 0 || ::WSAGetLastError() != WSAEMSGSIZE) return answer(state_, *file, "WSARecv", POLLRDNORM, result, size);
    state_.guest.block().second = roflags_data_truncated;
    return static_cast<Answer>(chunks.total());
  };
  if (flags == riflags::waitall && waits_for_all(*file))
    return move_all(state_, spans, true, [&](Chunks& chunks) { return receive(chunks, 0); });
  Chunks chunks;
  if (const Answer refused = chunks.gather(state_, spans); refused != 0) return refused;
  return receive(chunks, flags & riflags::peek ? MSG_PEEK : 0);
}

Answer Host::send(Handle handle, std::uint32_t spans, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags != 0) return refuse(Errno::Inval);
  if (!file->is_socket()) return refuse(Errno::NotSock);
  const auto send = [&](Chunks& chunks) -> Answer {
    if (would_wait(*file, POLLWRNORM)) return not_yet(*file);
    Buffers buffers(chunks);
    DWORD size = 0;
    const int result = ::WSASend(socket_of(*file), buffers.all, buffers.count, &size, 0, nullptr, nullptr);
    return answer(state_, *file, "WSASend", POLLWRNORM, result, size);
  };
  if (waits_for_all(*file)) return move_all(state_, spans, false, send);
  Chunks chunks;
  if (const Answer refused = chunks.gather(state_, spans); refused != 0) return refused;
  return send(chunks);
}

Answer Host::shutdown(Handle handle, std::uint32_t how) {
  constexpr int hows[] = {-1, SD_RECEIVE, SD_SEND, SD_BOTH};
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (how == 0 || how > (sdflags::rd | sdflags::wr)) return refuse(Errno::Inval);
  if (!file->is_socket()) return refuse(Errno::NotSock);
  return ::shutdown(socket_of(*file), hows[how]) == 0 ? 0 : state_.guest.result("shutdown", ::WSAGetLastError());
}

}  // namespace wasi_common
