// Finds the system calls of nt.h in ntdll.dll, which every process has loaded.
#include "nt.h"

namespace wasi_common::nt {

extern "C" {
NTSTATUS NtCreateFile(HANDLE*, std::uint32_t, const OBJECT_ATTRIBUTES*, IO_STATUS_BLOCK*, const std::int64_t*, std::uint32_t,
                      std::uint32_t, std::uint32_t, std::uint32_t, const void*, std::uint32_t);
NTSTATUS NtClose(HANDLE);
NTSTATUS NtQueryInformationFile(HANDLE, IO_STATUS_BLOCK*, void*, std::uint32_t, std::uint32_t);
NTSTATUS NtSetInformationFile(HANDLE, IO_STATUS_BLOCK*, const void*, std::uint32_t, std::uint32_t);
NTSTATUS NtQueryDirectoryFile(HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, void*, std::uint32_t, std::uint32_t, std::uint8_t,
                              const UNICODE_STRING*, std::uint8_t);
NTSTATUS NtQueryVolumeInformationFile(HANDLE, IO_STATUS_BLOCK*, void*, std::uint32_t, std::uint32_t);
NTSTATUS NtFsControlFile(HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, std::uint32_t, const void*, std::uint32_t, void*,
                         std::uint32_t);
NTSTATUS NtReadFile(HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, void*, std::uint32_t, const std::int64_t*,
                    const std::uint32_t*);
NTSTATUS NtWriteFile(HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, const void*, std::uint32_t, const std::int64_t*,
                     const std::uint32_t*);
NTSTATUS NtFlushBuffersFile(HANDLE, IO_STATUS_BLOCK*);
NTSTATUS RtlImpersonateSelf(std::uint32_t);
NTSTATUS RtlAdjustPrivilege(std::uint32_t, std::uint8_t, std::uint8_t, std::uint8_t*);
NTSTATUS NtOpenThreadToken(HANDLE, std::uint32_t, std::uint8_t, HANDLE*);
NTSTATUS NtSetInformationThread(HANDLE, std::uint32_t, const void*, std::uint32_t);
}

namespace {

HANDLE const this_thread = reinterpret_cast<HANDLE>(std::intptr_t{-2});

void end_linking() {
  constexpr std::uint32_t ThreadImpersonationToken = 5;
  const HANDLE none = nullptr;
  NtSetInformationThread(this_thread, ThreadImpersonationToken, &none, sizeof(none));
}

// True if this thread impersonates another user: begin_linking() would replace that token.
bool acts_for_another() {
  HANDLE token = nullptr;
  const NTSTATUS status = NtOpenThreadToken(this_thread, TOKEN_QUERY, 1, &token);
  if (NT_SUCCESS(status)) NtClose(token);
  return status != STATUS_NO_TOKEN;
}

NTSTATUS begin_linking() {
  constexpr std::uint32_t SE_CREATE_SYMBOLIC_LINK_PRIVILEGE = 35;
  if (acts_for_another()) return STATUS_PRIVILEGE_NOT_HELD;
  if (const NTSTATUS status = RtlImpersonateSelf(SecurityImpersonation); !NT_SUCCESS(status)) return status;
  std::uint8_t before = 0;
  const NTSTATUS status = RtlAdjustPrivilege(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE, 1, 1, &before);
  if (!NT_SUCCESS(status)) end_linking();
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
