/**
 * `wasi:random`: random bytes of the system, or those that the embedder overrides. The insecure
 * ones are the same.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/random/wit/random.wit
 */
import type { Component } from '../component.js'
import { trap } from '../trap.js'
import type { Calls } from './types.js'

/** Returns the number of bytes to make: these are made where the component wants them. */
function length({ context }: Component, length: number): number {
  if (length > context.limits.randomBytes)
    throw trap(`more random bytes than limits.randomBytes, ${context.limits.randomBytes}`)
  return length
}
function word(component: Component): bigint {
  const { context, scratch } = component
  component.enterScratch()
  context.random(context.memory, 0, 8)
  return scratch.word()
}

export const random: Calls['wasi:random/random'] = {
  'get-random-bytes': length,
  'get-random-u64': word,
}
export const insecure: Calls['wasi:random/insecure'] = {
  'get-insecure-random-bytes': length,
  'get-insecure-random-u64': word,
}
export const insecureSeed: Calls['wasi:random/insecure-seed'] = {
  'insecure-seed': component => [word(component), word(component)],
}
