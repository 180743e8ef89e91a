// The calls that report readiness, for each kind of file.
#include "ready.h"

#include <algorithm>

#include "wait.h"
#include "win.h"

namespace wasi_common {
namespace {

bool pipe_information(const File& file, nt::FILE_PIPE_LOCAL_INFORMATION& found) {
  nt::IO_STATUS_BLOCK outcome{};
  return nt::NT_SUCCESS(
      nt::calls.NtQueryInformationFile(file.object, &outcome, &found, sizeof(found), nt::FilePipeLocalInformation));
}

Readiness of_pipe(const File& file, std::int32_t want) {
  if (want & want_read) {
    DWORD bytes = 0;
    if (::PeekNamedPipe(file.object, nullptr, 0, nullptr, &bytes, nullptr)) return {bytes > 0, false, static_cast<double>(bytes)};
    // The other end is closed, which a read reports.
    return {true, true, 0};
  }
  nt::FILE_PIPE_LOCAL_INFORMATION found{};
  if (!pipe_information(file, found)) return {true, false, 0};
  return {found.WriteQuotaAvailable > 0 || found.NamedPipeState != nt::FILE_PIPE_CONNECTED_STATE,
          found.NamedPipeState != nt::FILE_PIPE_CONNECTED_STATE, 0};
}

// Counts only key presses. Mouse moves and key releases do not make a line to read.
Readiness of_console(const File& file, std::int32_t want) {
  if (!(want & want_read)) return {true, false, 0};
  INPUT_RECORD records[64];
  DWORD count = 0;
  if (!::PeekConsoleInputW(file.object, records, 64, &count)) return {true, false, 0};
  const bool key = std::any_of(records, records + count, [](const INPUT_RECORD& record) {
    return record.EventType == KEY_EVENT && record.Event.KeyEvent.bKeyDown != FALSE;
  });
  return {key, false, key ? 1.0 : 0.0};
}

double left(const File& file) {
  nt::FILE_ALL_INFORMATION all;
  if (file.type != Filetype::RegularFile || !nt::NT_SUCCESS(look(file.object, all))) return 0;
  const std::int64_t place = file.adopted ? all.PositionInformation.CurrentByteOffset : file.place;
  return static_cast<double>(std::max<std::int64_t>(0, all.StandardInformation.EndOfFile - place));
}

// Requires the file's mutex to be locked.
Readiness now(const File& file, std::int32_t want) {
  switch (file.kind) {
    case Kind::pipe: return of_pipe(file, want);
    case Kind::console: return of_console(file, want);
    case Kind::disk: return {true, false, (want & want_read) != 0 ? left(file) : 0};
    default: return {true, false, 0};
  }
}

}  // namespace

Readiness readiness(const File& file, std::int32_t want) {
  if (file.kind != Kind::pipe || file.overlapped) return now(file, want);
  // A waiting call blocks all other calls on the handle, even queries.
  const std::unique_lock<std::timed_mutex> lock(*file.mutex, std::try_to_lock);
  return lock.owns_lock() ? now(file, want) : Readiness{};
}

bool ready_within(const File& file, std::int32_t want, int milliseconds) {
  constexpr std::uint64_t step = 1000000;
  const std::uint64_t end = monotonic() + static_cast<std::uint64_t>(milliseconds) * step;
  for (;;) {
    if (now(file, want).now) return true;
    if (monotonic() >= end) return false;
    sleep_for(step);
  }
}

int pipe_room(const File& file) {
  nt::FILE_PIPE_LOCAL_INFORMATION found{};
  return pipe_information(file, found) ? static_cast<int>(std::min<std::uint32_t>(found.WriteQuotaAvailable, 1U << 30)) : 0;
}

}  // namespace wasi_common
