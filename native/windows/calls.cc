// Knows where the system calls of nt.h are: in ntdll.dll, which every process has.
#include "nt.h"

namespace wasi_common::nt {

extern "C" {
Status NtCreateFile(Object*, std::uint32_t, const Attributes*, Outcome*, const std::int64_t*, std::uint32_t, std::uint32_t,
                    std::uint32_t, std::uint32_t, const void*, std::uint32_t);
Status NtClose(Object);
Status NtQueryInformationFile(Object, Outcome*, void*, std::uint32_t, std::uint32_t);
Status NtSetInformationFile(Object, Outcome*, const void*, std::uint32_t, std::uint32_t);
Status NtQueryDirectoryFile(Object, Object, void*, void*, Outcome*, void*, std::uint32_t, std::uint32_t, std::uint8_t,
                            const Text*, std::uint8_t);
Status NtQueryVolumeInformationFile(Object, Outcome*, void*, std::uint32_t, std::uint32_t);
Status NtFsControlFile(Object, Object, void*, void*, Outcome*, std::uint32_t, const void*, std::uint32_t, void*, std::uint32_t);
Status NtReadFile(Object, Object, void*, void*, Outcome*, void*, std::uint32_t, const std::int64_t*, const std::uint32_t*);
Status NtWriteFile(Object, Object, void*, void*, Outcome*, const void*, std::uint32_t, const std::int64_t*, const std::uint32_t*);
Status NtFlushBuffersFile(Object, Outcome*);
Status RtlImpersonateSelf(std::uint32_t);
Status RtlAdjustPrivilege(std::uint32_t, std::uint8_t, std::uint8_t, std::uint8_t*);
Status NtOpenThreadToken(Object, std::uint32_t, std::uint8_t, Object*);
Status NtSetInformationThread(Object, std::uint32_t, const void*, std::uint32_t);
}

namespace {

Object const this_thread = reinterpret_cast<Object>(std::intptr_t{-2});

void end_linking() {
  constexpr std::uint32_t impersonation = 5;
  const Object own = nullptr;
  NtSetInformationThread(this_thread, impersonation, &own, sizeof(own));
}

// Whether the host has this thread act as somebody else, which would be forgotten.
bool acts_for_another() {
  constexpr std::uint32_t query = 0x8;
  Object token = nullptr;
  const Status status = NtOpenThreadToken(this_thread, query, 1, &token);
  if (succeeded(status)) NtClose(token);
  return status != no_token;
}

Status begin_linking() {
  constexpr std::uint32_t impersonation = 2;
  constexpr std::uint32_t create_symbolic_link = 35;
  if (acts_for_another()) return privilege_not_held;
  if (const Status status = RtlImpersonateSelf(impersonation); !succeeded(status)) return status;
  std::uint8_t before = 0;
  const Status status = RtlAdjustPrivilege(create_symbolic_link, 1, 1, &before);
  if (!succeeded(status)) end_linking();
  return status;
}

}  // namespace

const Calls calls = {NtCreateFile,
                     NtClose,
                     NtQueryInformationFile,
                     NtSetInformationFile,
                     NtQueryDirectoryFile,
                     NtQueryVolumeInformationFile,
                     NtFsControlFile,
                     NtReadFile,
                     NtWriteFile,
                     NtFlushBuffersFile,
                     begin_linking,
                     end_linking};

}  // namespace wasi_common::nt
