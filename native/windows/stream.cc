// Reads and writes pipes, consoles and devices without blocking for longer than `patience`.
#include "stream.h"

#include <algorithm>

#include "ready.h"
#include "text.h"
#include "wait.h"
#include "win.h"

namespace wasi_common {
namespace {

using Lock = std::unique_lock<std::timed_mutex>;

// True if the other end is closed.
bool ended(nt::NTSTATUS status) {
  constexpr nt::NTSTATUS ends[] = {nt::STATUS_END_OF_FILE, nt::STATUS_PIPE_BROKEN, nt::STATUS_PIPE_DISCONNECTED,
                                   nt::STATUS_PIPE_CLOSING};
  return std::find(std::begin(ends), std::end(ends), status) != std::end(ends);
}

// A call that completes later. It is cancelled after the timeout, and may have completed all the
// same.
template <class Call>
nt::NTSTATUS in_time(const File& file, nt::IO_STATUS_BLOCK& outcome, Call call) {
  const HANDLE made = ::CreateEventW(nullptr, TRUE, FALSE, nullptr);
  if (made == nullptr) return nt::STATUS_NO_MEMORY;
  const Object event(made);
  nt::NTSTATUS status = call(event.get());
  if (status != nt::STATUS_PENDING) return status;
  if (::WaitForSingleObject(event.get(), file.asked_nonblock() ? 0 : patience) != WAIT_OBJECT_0) {
    ::CancelIoEx(file.object, reinterpret_cast<OVERLAPPED*>(&outcome));
    ::WaitForSingleObject(event.get(), INFINITE);
  }
  status = outcome.Status;
  return status;
}

// A console uses UTF-16. A process has one, and input that did not fit waits for the next call.
std::timed_mutex input_mutex;
std::string input;

Answer read_console(State& state, const File& file, std::uint8_t* into, std::uint32_t size) {
  // The thread that reads a line holds the lock until the line ends.
  const Lock lock(input_mutex, std::chrono::milliseconds(file.asked_nonblock() ? 0 : patience));
  if (!lock.owns_lock()) return not_yet(file);
  if (input.empty()) {
    if (!ready_within(file, want_read, file.asked_nonblock() ? 0 : patience)) return not_yet(file);
    wchar_t units[1024];
    DWORD count = 0;
    if (!::ReadConsoleW(file.object, units, 1024, &count, nullptr))
      return state.guest.result("ReadConsoleW", static_cast<int>(::GetLastError()));
    // Control-Z at the start of a line ends the input.
    if (count > 0 && units[0] == 0x1a) return 0;
    input = to_utf8({reinterpret_cast<const char16_t*>(units), count});
  }
  const std::size_t fits = std::min<std::size_t>(size, input.size());
  std::copy_n(input.begin(), fits, into);
  input.erase(0, fits);
  return static_cast<Answer>(fits);
}

// The number of trailing bytes that begin an incomplete character.
std::size_t cut_off(const std::string& bytes) {
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return whole > back ? back : 0;
  }
  return 0;
}

// A character split over two writes waits for its end.
Answer write_console(State& state, File& file, const std::uint8_t* from, std::uint32_t size) {
  std::string bytes = file.begun;
  bytes.append(reinterpret_cast<const char*>(from), size);
  file.begun = bytes.substr(bytes.size() - cut_off(bytes));
  bytes.resize(bytes.size() - file.begun.size());
  std::u16string units;
  // Bytes that are not UTF-8 are shown one by one.
  if (!to_utf16(bytes, units)) {
    units.clear();
    for (const char byte : bytes) units += static_cast<unsigned char>(byte) < 0x80 ? static_cast<char16_t>(byte) : u'\xfffd';
  }
  for (std::size_t at = 0; at < units.size();) {
    const auto chunk = static_cast<DWORD>(std::min<std::size_t>(units.size() - at, 8192));
    DWORD written = 0;
    if (!::WriteConsoleW(file.object, units.data() + at, chunk, &written, nullptr) || written == 0)
      return state.guest.result("WriteConsoleW", static_cast<int>(::GetLastError()));
    at += written;
  }
  return size;
}

// The number of bytes that a pipe accepts at once. A reader waiting for a full buffer makes the
// pipe look full. If it looks full for a while, only a few bytes are written. Then the call may
// wait for the reader, as in every Windows program.
std::uint32_t room(const File& file) {
  constexpr std::uint32_t little = 512;
  const int found = ready_within(file, want_write, file.asked_nonblock() ? 0 : patience) ? pipe_room(file) : 0;
  return found > 0 ? static_cast<std::uint32_t>(found) : file.asked_nonblock() ? 0 : little;
}

}  // namespace

Answer read_stream(State& state, File& file, std::uint8_t* into, std::uint32_t size) {
  if (file.kind == Kind::console) return read_console(state, file, into, size);
  // Two threads may find the same bytes ready, and the second would block. The lock serializes
  // them.
  const Lock lock(*file.mutex, std::chrono::milliseconds(file.asked_nonblock() ? 0 : patience));
  if (!lock.owns_lock()) return not_yet(file);
  nt::IO_STATUS_BLOCK outcome{};
  nt::NTSTATUS status = 0;
  const auto read = [&](HANDLE event) {
    return nt::calls.NtReadFile(file.object, event, nullptr, nullptr, &outcome, into, size, nullptr, nullptr);
  };
  if (file.overlapped) {
    status = in_time(file, outcome, read);
  } else {
    if (file.kind == Kind::pipe && !ready_within(file, want_read, file.asked_nonblock() ? 0 : patience)) return not_yet(file);
    status = read(nullptr);
  }
  if (status == nt::STATUS_CANCELLED) return not_yet(file);
  if (ended(status)) return 0;
  return nt::NT_SUCCESS(status) || status == nt::STATUS_BUFFER_OVERFLOW ? static_cast<Answer>(outcome.Information)
                                                                        : state.guest.result("NtReadFile", status);
}

Answer write_stream(State& state, File& file, const std::uint8_t* from, std::uint32_t size) {
  const Lock lock(*file.mutex, std::chrono::milliseconds(file.asked_nonblock() ? 0 : patience));
  if (!lock.owns_lock()) return not_yet(file);
  if (file.kind == Kind::console) return write_console(state, file, from, size);
  nt::IO_STATUS_BLOCK outcome{};
  nt::NTSTATUS status = 0;
  const auto write = [&](HANDLE event) {
    return nt::calls.NtWriteFile(file.object, event, nullptr, nullptr, &outcome, from, size, nullptr, nullptr);
  };
  if (file.overlapped) {
    // A cancelled write may be partly read, so it gets at most the size that the pipe accepts.
    size = std::min(size, std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::max(0, pipe_room(file)))));
    status = in_time(file, outcome, write);
  } else {
    if (file.kind == Kind::pipe) size = std::min(size, room(file));
    if (size == 0) return not_yet(file);
    status = write(nullptr);
  }
  if (status == nt::STATUS_CANCELLED) return not_yet(file);
  return nt::NT_SUCCESS(status) ? static_cast<Answer>(outcome.Information) : state.guest.result("NtWriteFile", status);
}

}  // namespace wasi_common
