/** Moves the streams of a run through the pipes of a process. */
import type { Readable, Writable } from 'node:stream'
import type { Drain } from './pipes.js'
import { roomIn } from './writer.js'

/** Everything into a pipe. A reader that goes away has read enough. */
export async function pour(chunks: AsyncIterable<Uint8Array>, pipe: Writable): Promise<void> {
  pipe.on('error', () => {})
  for await (const chunk of chunks) {
    if (pipe.destroyed) return
    if (!pipe.write(chunk)) await roomIn(pipe)
  }
  pipe.end()
}

/**
 * Everything out of a pipe, a chunk at a time, with a turn of the event loop between two: libuv
 * reads 32 chunks in a turn, and the embedder may take long for each. When the chunks are not taken,
 * the pipe is destroyed, so that the other end sees it.
 */
export function draw(pipe: Readable, drain: Drain, failed: (error: unknown) => void): void {
  pipe.on('error', () => {})
  pipe.on('data', (chunk: Buffer) => {
    pipe.pause()
    drain.receive(chunk).then(
      () => {
        if (drain.closed) pipe.destroy()
        else setImmediate(() => pipe.resume())
      },
      error => {
        pipe.destroy()
        failed(error)
      },
    )
  })
}
