/** The code of a worker, which is a thread of one guest after another. */
import { parentPort } from 'node:worker_threads'
import { keepFrames } from '../../trap/load.js'
import { send, Thread } from './guest-thread.js'
import { serializeError, type Task } from './messages.js'

keepFrames()
let thread: Thread | undefined
async function work(task: Task): Promise<void> {
  try {
    if (task.setup !== undefined) thread = new Thread(task.setup)
  } catch (error) {
    // Its memory cannot be made.
    send({ kind: 'failed', error: serializeError(error) })
    return
  }
  await thread?.do(task)
  const free = thread?.free
  // Before the next guest, which may be long in coming.
  if (thread?.ended) close()
  if (!free) send({ kind: 'free' })
}
function close(): void {
  thread?.close()
  thread = undefined
}
parentPort?.on('message', (task: Task | 'close') => {
  if (task === 'close') close()
  else void work(task)
})
send({ kind: 'free' })
