// Knows how an addon for Windows finds its host without an import library: by asking the program
// that loaded it, whatever that is called.
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * C that fills the pointers through which calls of `__declspec(dllimport)` functions go.
 * @param {string[]} names
 */
export const imports = names => `#include <windows.h>

${names.map(name => `void *__imp_${name};`).join('\n')}

static const struct {
  void **place;
  const char *name;
} wanted[] = {
${names.map(name => `    {&__imp_${name}, "${name}"},`).join('\n')}
};

static BOOL all_from(HMODULE host) {
  if (host == NULL) return FALSE;
  for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
    union {
      FARPROC function;
      void *pointer;
    } found = {GetProcAddress(host, wanted[i].name)};
    if (found.pointer == NULL) return FALSE;
    *wanted[i].place = found.pointer;
  }
  return TRUE;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  (void)self;
  (void)reserved;
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  return all_from(GetModuleHandleW(NULL)) || all_from(GetModuleHandleW(L"node.dll")) ||
         all_from(GetModuleHandleW(L"libnode.dll"));
}
`

/** @type {Readonly<Record<number, import('./targets.js').Machine>>} */
const machines = { 34404: 'x86_64', 43620: 'aarch64' }

/**
 * Returns the offsets of the parts of a PE file that its header names.
 * @param {Buffer} bytes
 */
export function layout(bytes) {
  const header = bytes.readUInt32LE(0x3c)
  if (bytes.toString('latin1', header, header + 4) !== 'PE\0\0') throw new Error('no PE file')
  const optional = header + 24
  const sections = Array.from({ length: bytes.readUInt16LE(header + 6) }, (_, i) => {
    const at = optional + bytes.readUInt16LE(header + 20) + i * 40
    return {
      address: bytes.readUInt32LE(at + 12),
      size: bytes.readUInt32LE(at + 16),
      offset: bytes.readUInt32LE(at + 20),
    }
  })
  /** @param {number} address */
  const offsetOf = address => {
    const section = sections.find(
      ({ address: from, size }) => address >= from && address < from + size,
    )
    return section === undefined ? undefined : address - section.address + section.offset
  }
  /** @param {number} index */
  const directory = index => ({
    at: offsetOf(bytes.readUInt32LE(optional + 112 + index * 8)),
    size: bytes.readUInt32LE(optional + 116 + index * 8),
  })
  return { header, machine: machines[bytes.readUInt16LE(header + 4)], directory }
}

/**
 * A PE file tells when it was linked, in its header and before its exports and debug data: here it
 * does not.
 * @param {string} file
 */
export function stamp(file) {
  const bytes = readFileSync(file)
  const { header, directory } = layout(bytes)
  bytes.writeUInt32LE(0, header + 8)
  const [exports, debug] = [directory(0), directory(6)]
  if (exports.at !== undefined && exports.size > 0) bytes.writeUInt32LE(0, exports.at + 4)
  for (let at = 0; debug.at !== undefined && at < debug.size; at += 28)
    bytes.writeUInt32LE(0, debug.at + at + 4)
  writeFileSync(file, bytes)
}
