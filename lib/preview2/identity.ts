/** The identity of a file, hashed: a component learns no device and no inode of the host. */
import { filestatIdentity } from '../abi/layout.js'
import { constants, permute, words } from '../replay/chacha.js'
import type { Component } from './component.js'

/** A key for each component, since few inodes are in use, and each could be tried. */
export type HashKey = Uint32Array

/** The two halves of the last hash, as four words: lower, then upper. */
export const hashed = new Uint32Array(4)

/** Makes a key with the randomness of the component. */
function newKey(component: Component): HashKey {
  const { context, scratch } = component
  const key = new Uint32Array(8)
  component.enterScratch()
  context.random(context.memory, 0, key.byteLength)
  new Uint8Array(key.buffer).set(scratch.bytes.subarray(0, key.byteLength))
  scratch.bytes.fill(0, 0, key.byteLength)
  return key
}

const state = new Uint32Array(words)
/** As many as ChaCha8 has. */
const rounds = 8

/**
 * Hashes the device and the inode of the filestat in the block into `hashed`: the permutation of
 * ChaCha over the key and both. Returns 0.
 * @see https://www.rfc-editor.org/rfc/rfc8439#section-2.1
 */
export function identityHash(component: Component): 0 {
  // Randomness of the embedder may run the component, which fills the block.
  const identity = filestatIdentity(component.context.sys.block.record)
  component.key ??= newKey(component)
  state.set(component.key, 4)
  state.set(constants)
  state.set(identity, 12)
  permute(state, rounds)
  for (let i = 0; i < 4; i++) hashed[i] = state[i] + state[12 + i]
  return 0
}
