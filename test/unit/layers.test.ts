/** The layers over the hosts of a deterministic guest. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createGuest } from 'wasi-common'

/** Device and inode of a preopen, as the guest sees them. */
function identity(
  guest: ReturnType<typeof createGuest>,
  memory: WebAssembly.Memory,
  fd: number,
): [device: bigint, inode: bigint] {
  const errno = guest.imports.fd_filestat_get(fd, 0)
  if (errno !== 0) throw new Error(String(errno))
  const view = new DataView(memory.buffer)
  return [view.getBigUint64(0, true), view.getBigUint64(8, true)]
}

for (const backend of ['native', 'typescript'] as const) {
  test(`a deterministic guest numbers the files that it looks at, and not its standard streams (${backend})`, t => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    t.teardown(() => fs.rmSync(folder, { recursive: true }))
    const [stdin, stdout] = ['in', 'out'].map(name => fs.openSync(join(folder, name), 'w+'))
    const guest = createGuest({
      version: 'preview1',
      backend,
      stdin,
      stdout,
      preopens: { '/host': folder, '/first': { files: {} }, '/second': { files: {} } },
      deterministic: true,
    })
    const memory = new WebAssembly.Memory({ initial: 1 })
    guest.bind(memory)
    t.deepEqual(
      [3, 4, 5].map(fd => identity(guest, memory, fd)),
      [
        [1n, 1n],
        [2n, 1n],
        [3n, 1n],
      ],
    )
    guest.close()
    for (const fd of [stdin, stdout]) fs.closeSync(fd)
  })
}
