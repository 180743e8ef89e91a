/**
 * Does without V8's baseline compiler for WebAssembly, Liftoff, where that loses a local of a
 * function that waits.
 */
import { setFlagsFromString } from 'node:v8'
import { instantiate } from '../../guest/instantiate.js'

// (module (memory 1 1 shared) (func (export "kept") (param i32 i32) (result i32)
//   (drop (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const 0))) (local.get 1)))
const probe = 'AGFzbQEAAAABBwFgAn9/AX8DAgEABQQBAwEBBwgBBGtlcHQAAAoRAQ8AIABBAUIA/gECABogAQs='

/**
 * Says if a function that waits has another value in a local afterwards. `memory.atomic.wait64`
 * loses it for the same reason.
 */
export function losesLocals(): boolean {
  const { kept } = instantiate(new WebAssembly.Module(Buffer.from(probe, 'base64'))).exports as {
    kept(address: number, kept: number): number
  }
  return kept(16, 7) !== 7
}

let probed = false

/**
 * Asked before a guest may wait. V8 11.3 (Node 20) spills the address of a wait as eight bytes into
 * a slot of four, over the value beside it. Functions are compiled when they are first called: the
 * flag reaches modules that were compiled before, and workers, but no function that has run.
 */
export function avoidLiftoff(): void {
  if (!probed && losesLocals()) setFlagsFromString('--no-liftoff')
  probed = true
}
