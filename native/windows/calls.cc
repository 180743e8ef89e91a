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
Status RtlAcquirePrivilege(const std::uint32_t*, std::uint32_t, std::uint32_t, void**);
void RtlReleasePrivilege(void*);
}

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
                     RtlAcquirePrivilege,
                     RtlReleasePrivilege};

}  // namespace wasi_common::nt
