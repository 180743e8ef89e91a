/** `wasi:io`: errors, streams and pollables. */
import {
  bool,
  borrow,
  bytes,
  func,
  list,
  own,
  param as p,
  result,
  size,
  string,
  u32,
  variant,
} from './types.js'

const self = p('self', borrow('input-stream'))
const out = p('self', borrow('output-stream'))
const pollable = p('self', borrow('pollable'))

/** The failure of an operation, or the end of the stream. */
export const streamError = variant('stream-error', {
  'last-operation-failed': own('error'),
  closed: undefined,
})

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/io/wit/error.wit */
// biome-ignore format: a row a line, as in a table
export const error = {
  '[method]error.to-debug-string': func('Describe an error for a developer.', [p('self', borrow('error'))], string),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/io/wit/poll.wit */
// biome-ignore format: a row a line, as in a table
export const poll = {
  '[method]pollable.ready': func('Check if a pollable is ready, without waiting.', [pollable], bool),
  '[method]pollable.block': func('Wait until a pollable is ready.', [pollable]),
  poll: func('Wait until at least one pollable is ready, and return the indices of the ready ones (poll).', [p('in', list(borrow('pollable')))], list(u32)),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/io/wit/streams.wit */
// biome-ignore format: a row a line, as in a table
export const streams = {
  '[method]input-stream.read': func('Read the bytes that are available, at most `len` (read).', [self, p('len', size)], result(bytes, streamError)),
  '[method]input-stream.blocking-read': func('Read at most `len` bytes, and wait for the first (read).', [self, p('len', size)], result(bytes, streamError)),
  '[method]input-stream.skip': func('Read and drop available bytes, at most `len`.', [self, p('len', size)], result(size, streamError)),
  '[method]input-stream.blocking-skip': func('Read and drop at most `len` bytes, and wait for the first.', [self, p('len', size)], result(size, streamError)),
  '[method]input-stream.subscribe': func('Make a pollable that is ready when the stream can be read.', [self], own('pollable')),
  '[method]output-stream.check-write': func('Return the number of bytes that the next write may have.', [out], result(size, streamError)),
  '[method]output-stream.write': func('Write all of a list of bytes (write).', [out, p('contents', bytes)], result(undefined, streamError)),
  '[method]output-stream.blocking-write-and-flush': func('Write all of a list of bytes, and wait until they are written (write).', [out, p('contents', bytes)], result(undefined, streamError)),
  '[method]output-stream.flush': func('Begin to flush the stream.', [out], result(undefined, streamError)),
  '[method]output-stream.blocking-flush': func('Flush the stream, and wait until it is flushed.', [out], result(undefined, streamError)),
  '[method]output-stream.subscribe': func('Make a pollable that is ready when the stream can be written.', [out], own('pollable')),
  '[method]output-stream.write-zeroes': func('Write `len` zeros.', [out, p('len', size)], result(undefined, streamError)),
  '[method]output-stream.blocking-write-zeroes-and-flush': func('Write `len` zeros, and wait until they are written.', [out, p('len', size)], result(undefined, streamError)),
  '[method]output-stream.splice': func('Read available bytes from a stream, at most `len`, and write them (splice).', [out, p('src', borrow('input-stream')), p('len', size)], result(size, streamError)),
  '[method]output-stream.blocking-splice': func('Read at most `len` bytes from a stream, wait for the first, and write them (splice).', [out, p('src', borrow('input-stream')), p('len', size)], result(size, streamError)),
} as const
