/**
 * The process of a guest in the OS sandbox: asked once on descriptor 3, it runs the guest as any
 * process does, and reports the outcome.
 */
import { readSync, writeSync } from 'node:fs'
import { deserialize } from 'node:v8'
import { type Counts, metricsOf, newCounts } from '../../observe/metrics.js'
import { newOpenLine, takeOpen } from '../../observe/unterminated.js'
import type { Settings } from '../../options/settings.js'
import { Deadline } from '../deadline.js'
import { executeRun } from '../execute.js'
import { versionOf } from '../module/inspect.js'
import { PreparedModule } from '../module/prepare.js'
import { prepareRun } from '../prepare.js'
import { isPreparedComponent, type PreparedProgram } from '../program.js'
import { type Terms, termsOf } from '../settings.js'
import { type Message, type SerializedError, serializeError } from '../worker/messages.js'
import { Workers } from '../worker/workers.js'
import { channel, lineOf, type Request, shortened } from './protocol.js'

function read(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    const size = readSync(channel, bytes, at, length - at, null)
    if (size === 0) throw new Error('the host closed the channel')
    at += size
  }
  return bytes
}

/** Writes a message, and waits while the host is behind. */
function send(message: Message): void {
  const bytes = Buffer.from(lineOf(message))
  for (let at = 0; at < bytes.length; ) at += writeSync(channel, bytes, at)
}

/** A thrown value as it goes into a line. */
const sendable = (thrown: unknown): SerializedError =>
  shortened(serializeError(thrown, undefined, 0))

// One is kept at its end: the process ends at once, and does not wait for it.
const workers = new Workers(1)
// It starts while the request is read, and in a process that waits for its guest, long before.
workers.prestart(Number(process.argv[2]))

async function prepare(
  bytes: Buffer,
  component: boolean,
  options: Terms,
): Promise<PreparedProgram> {
  if (!component) return PreparedModule.prepare(bytes, options)
  const { PreparedComponent, unpack } = await import('../component/prepare.js')
  return PreparedComponent.of(unpack(bytes), options)
}

async function runRequest(): Promise<Message> {
  let counts: Counts | undefined
  try {
    const request: Request = deserialize(read(read(4).readUInt32LE()))
    const bytes = read(request.size)
    send({ kind: 'taken' })
    const {
      settings,
      version,
      ignored,
      threads,
      maxMemory,
      maxTableElements,
      maxStack,
      traced,
      outputs,
      measured,
    } = request
    const [options] = termsOf({
      threads,
      maxMemory,
      maxTableElements,
      maxStack,
      stdin: ignored[0] ? 'ignore' : 0,
      stdout: ignored[1] ? 'ignore' : 1,
      stderr: ignored[2] ? 'ignore' : 2,
    })
    counts = measured ? newCounts() : undefined
    const prepared = await prepare(bytes, request.component, options)
    const openLine = newOpenLine(outputs)
    const local: Settings = {
      ...settings,
      version: isPreparedComponent(prepared) ? 'preview1' : (version ?? versionOf(prepared.module)),
      counts,
      openLine,
      trace: traced
        ? line => send({ kind: 'trace', line, ...(takeOpen(openLine) && { open: true }) })
        : undefined,
      report: ({ call, cause }) => send({ kind: 'unexpected', call, cause: sendable(cause) }),
    }
    const { exitCode, metrics } = await executeRun(
      prepareRun(prepared, local, options, true, request.call),
      new Deadline(options),
      workers,
    )
    return { kind: 'exit', code: exitCode, metrics }
  } catch (error) {
    return {
      kind: 'failed',
      error: sendable(error),
      ...(counts && { metrics: metricsOf(counts) }),
    }
  }
}

runRequest().then(send)
