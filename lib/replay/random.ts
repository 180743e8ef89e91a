/** Overrides of randomness: ChaCha20 from a seed, or the embedder's function. */
import { HookFailure } from '../errors.js'
import type { GuestMemory } from '../memory.js'
import { wrongReturn } from '../validate.js'
import { constants, permute, words } from './chacha.js'
import { act } from './hooks.js'

/** Fills a part of a memory. */
export type Random = (memory: GuestMemory, at: number, length: number) => void

/** The most bytes that crypto.getRandomValues fills at once; the embedder's hook may call it. */
const most = 65536

/**
 * Returns randomness from the embedder's hook. It fills a buffer of its own, not guest memory: the
 * hook may keep the buffer, and may make guest memory grow.
 */
export function hookedRandom(hook: (bytes: Uint8Array) => void): Random {
  return (memory, at, length) => {
    for (const end = at + length; at < end; at += most) {
      const length = Math.min(most, end - at)
      const bytes = new Uint8Array(length)
      const { current } = memory
      act('options.random', () => hook(bytes))
      // A transferred buffer has length 0, and the guest would continue with the previous contents
      // of its memory.
      if (bytes.length !== length)
        throw new HookFailure(
          wrongReturn('options.random', 'with all of its bytes in place', bytes),
        )
      memory.refresh(current)
      memory.write(at, bytes)
    }
  }
}

const rounds = 20
/** The words of the counter of blocks. */
const counterAt = 12

/** A key stream, and its position. */
export interface SeededStream {
  readonly random: Random
  /** Returns the number of bytes that were drawn. */
  drawn(): number
}

/**
 * Returns the key stream of ChaCha20. Its key is the seed in the first eight bytes, little-endian;
 * its nonce is zeros. The stream is the same however calls divide it.
 * @param drawn the bytes of it that were drawn before
 * @see https://www.rfc-editor.org/rfc/rfc8439#section-2.3
 */
export function seededStream(seed: number, drawn = 0): SeededStream {
  const state = new Uint32Array(words)
  state.set([...constants, seed, Math.floor(seed / 2 ** 32)])
  const mixed = new Uint32Array(words)
  const block = new DataView(new ArrayBuffer(4 * words))
  const bytes = new Uint8Array(block.buffer)
  let used = bytes.length
  let total = drawn

  const next = (): void => {
    mixed.set(state)
    permute(mixed, rounds)
    for (let i = 0; i < words; i++) block.setUint32(4 * i, mixed[i] + state[i], true)
    // The counter, and its next word on overflow.
    if (++state[counterAt] === 0) state[counterAt + 1]++
    used = 0
  }
  const before = Math.floor(drawn / bytes.length)
  state.set([before, Math.floor(before / 2 ** 32)], counterAt)
  if (drawn % bytes.length !== 0) {
    next()
    used = drawn % bytes.length
  }
  const random: Random = (memory, at, length) => {
    total += length
    for (const end = at + length; at < end; ) {
      if (used === bytes.length) next()
      const chunk = bytes.subarray(used, used + Math.min(bytes.length - used, end - at))
      memory.bytes.set(chunk, at)
      used += chunk.length
      at += chunk.length
    }
  }
  return { random, drawn: () => total }
}
