/**
 * `wasi:io`: errors, streams and pollables.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/io/wit/streams.wit
 */
import { isSocket } from '../../fds/rights.js'
import type { Answer } from '../../sys/sys.js'
import { CLOSED } from '../answers.js'
import type { Component } from '../component.js'
import type { InputStreamResource } from '../resources/input-stream.js'
import type { OutputStreamResource } from '../resources/output-stream.js'
import { PollableResource } from '../resources/pollable.js'
import { transfer } from '../scratch.js'
import { trap } from '../trap.js'
import { isReady, waitFor } from '../waiting.js'
import type { Calls } from './types.js'

type Streams = Calls['wasi:io/streams']

export const error: Calls['wasi:io/error'] = {
  '[method]error.to-debug-string': (_, { message }) => message,
}

export const poll: Calls['wasi:io/poll'] = {
  '[method]pollable.ready': (component, pollable) =>
    waitFor(component, [pollable], 0).length > 0 ? 1 : 0,
  '[method]pollable.block': (component, pollable) => {
    waitFor(component, [pollable])
    return 0
  },
  poll: (component, pollables) => waitFor(component, pollables),
}

/** Reads into the scratch memory. */
function fill(component: Component, self: InputStreamResource, length: number): Answer {
  if (self.closed) return CLOSED
  if (length === 0) return 0
  component.enterScratch()
  const { spans } = component.context.sys.block
  spans[0] = 0
  spans[1] = Math.min(length, transfer)
  return self.read(1)
}
/** As `fill`, where a byte is there; 0 where it would have to be waited for. */
function fillReady(component: Component, self: InputStreamResource, length: number): Answer {
  const waits = self.waits && !self.closed && !isReady(component, self.file.fd, false)
  return waits ? 0 : fill(component, self, length)
}

/**
 * The most bytes of one write that begins at once. A pipe may take less, and the write then waits
 * for its reader.
 */
const permitted = 65536

/** Returns the bytes that the next write may have. */
function checkWrite(component: Component, self: OutputStreamResource): Answer {
  if (self.closed) return CLOSED
  const { fd } = self.file
  return self.waits && isSocket(fd.filetype) && !isReady(component, fd, true) ? 0 : permitted
}

/** Writes all, which waits for a slow reader. */
const writeAll: Streams['[method]output-stream.blocking-write-and-flush'] = (
  { context },
  self,
  at,
  length,
) => self.write(context.sys.block, at, length)
const write: Streams['[method]output-stream.write'] = (component, self, at, length) => {
  if (length > permitted) throw trap('write of more bytes than check-write permits')
  return writeAll(component, self, at, length)
}
/** Nothing is buffered. */
const flush = (_: Component, { closed }: OutputStreamResource): Answer => (closed ? CLOSED : 0)

function writeZeroes(component: Component, self: OutputStreamResource, length: number): Answer {
  if (self.closed) return CLOSED
  component.enterScratch()
  const { scratch, context } = component
  scratch.bytes.fill(0, 0, Math.min(length, transfer))
  for (let left = length; left > 0; left -= transfer) {
    const answer = self.write(context.sys.block, 0, Math.min(left, transfer))
    if (answer < 0) return answer
    if (context.verdict.reached) break
  }
  return 0
}
/** The most zeros of one call: `check-write` permits no more. */
function checkedZeroes(component: Component, self: OutputStreamResource, length: number): Answer {
  if (length > permitted) throw trap('write-zeroes of more bytes than check-write permits')
  return writeZeroes(component, self, length)
}

/** Moves bytes, if they can be written: a stream that is closed reads none. */
function splice(
  component: Component,
  self: OutputStreamResource,
  source: InputStreamResource,
  length: number,
  read: typeof fill,
): Answer {
  const most = checkWrite(component, self)
  if (most <= 0) return most
  const answer = read(component, source, Math.min(length, most))
  if (answer <= 0) return answer
  const written = self.write(component.context.sys.block, 0, answer)
  return written < 0 ? written : answer
}

export const streams: Streams = {
  '[method]input-stream.read': fillReady,
  '[method]input-stream.blocking-read': fill,
  '[method]input-stream.skip': fillReady,
  '[method]input-stream.blocking-skip': fill,
  '[method]input-stream.subscribe': (_, self) =>
    new PollableResource(undefined, self.waits && !self.closed ? self.file : undefined),
  '[method]output-stream.check-write': checkWrite,
  '[method]output-stream.write': write,
  '[method]output-stream.blocking-write-and-flush': writeAll,
  '[method]output-stream.flush': flush,
  '[method]output-stream.blocking-flush': flush,
  '[method]output-stream.subscribe': (_, self) =>
    new PollableResource(undefined, self.waits && !self.closed ? self.file : undefined, true),
  '[method]output-stream.write-zeroes': checkedZeroes,
  '[method]output-stream.blocking-write-zeroes-and-flush': checkedZeroes,
  '[method]output-stream.splice': (component, self, source, length) =>
    splice(component, self, source, length, fillReady),
  '[method]output-stream.blocking-splice': (component, self, source, length) => {
    // A socket may have no place at this time.
    if (checkWrite(component, self) === 0)
      waitFor(component, [new PollableResource(undefined, self.file, true)])
    return splice(component, self, source, length, fill)
  },
}
