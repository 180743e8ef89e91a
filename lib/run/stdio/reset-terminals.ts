/**
 * Resets the colours of the terminals of a run, whose threads or process may have been ended in the
 * middle of a write.
 */
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { Errno } from '../../abi/errno.js'
import { Fdflags } from '../../abi/values.js'
import type { Settings } from '../../options/settings.js'
import { RESET } from '../../stdio/colours.js'
import type { WritableLike } from '../../stdio/streams.js'
import { openSys } from '../../sys/choose.js'

/** Milliseconds between two attempts, and until a terminal that takes nothing is given up. */
const pause = 5
const patience = 500
const bytes = Buffer.from(RESET)

/**
 * Writes a reset to each that is a terminal. It does not block, and fails no run. The file behind
 * descriptors 1 and 2 is often the same, and is reset twice.
 */
export async function resetTerminals(
  outputs: readonly (number | WritableLike)[],
  backend: Settings['backend'],
): Promise<void> {
  for (const output of outputs) {
    try {
      if (typeof output !== 'number') resetStream(output)
      else if (isatty(output)) await resetDescriptor(output, backend)
    } catch {}
  }
}

function resetStream(stream: WritableLike): void {
  if (stream.isTTY === true && !stream.destroyed && !stream.writableEnded) stream.write(bytes)
}

async function resetDescriptor(fd: number, backend: Settings['backend']): Promise<void> {
  const sys = openSys(backend)
  try {
    const terminal = sys.adopt(fd)
    // A terminal that was stopped would else hold up this thread.
    if (sys.setFlags(terminal, sys.block.opened[1] | Fdflags.NONBLOCK) !== 0) return
    sys.block.text.set(bytes)
    for (let waited = 0; waited < patience; waited += pause) {
      if (sys.writeText(terminal, bytes.length) !== -Errno.AGAIN) return
      await setTimeout(pause)
    }
  } finally {
    sys.dispose()
  }
}
