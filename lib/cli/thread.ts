/** The guest's own thread of the command. */
import { workerData } from 'node:worker_threads'
import { conclude } from './conclude.js'
import { runHere } from './run-here.js'
import type { Order } from './start-thread.js'

const { request, argv } = workerData as Order
// The strict sandbox looks for the program as it was started, which Node does not tell a worker.
process.argv = [...argv]
// In a microtask, where exceptions that the guest catches cost less: see `Thread.do`.
conclude(Promise.resolve().then(() => runHere(request)))
