/**
 * What an attack is, and how one runs against a host: what the guest was answered, and what tells
 * that it escaped.
 */
import type { CallName } from '#lib/abi/table.js'
import { Attacker } from './attacker.js'
import { Fixture, type Setup } from './fixture.js'
import type { Guarded, OpenHost } from './hosts.js'
import type { Carelessness } from './unguarded.js'

/** What not every host has: /proc, or leave to make device nodes. */
export type Need = 'proc' | 'devices'
/** Why nothing can be seen of an attack on a host without guards. */
export interface NoControl {
  readonly why: string
}
/** The control is run in a process of its own, which is to hang. */
export interface Hanging {
  readonly hangs: true
}
export interface Case {
  /** By which way out, as the table of techniques names it. */
  readonly technique: string
  /** The hostcall that is to do what it must not. */
  readonly call: CallName
  /** What is done there. */
  readonly action: string
  readonly setup?: Setup
  /** What must not change, beside all that is outside of the box. */
  readonly protect?: readonly string[]
  /** What the host's other users have laid out. */
  readonly populate?: (s: Fixture) => void
  /**
   * What the guest does first, which every guest may do. The directory that the attack starts from.
   * Default 3.
   */
  readonly prepare?: (a: Attacker, s: Fixture) => number
  /** What the host's other users do then. */
  readonly meanwhile?: (s: Fixture) => void
  /** The attack; the name of its errno, or what else it was answered. */
  readonly attack: (a: Attacker, dir: number, s: Fixture) => string
  /** What else tells of an escape. */
  readonly breach?: (s: Fixture, a: Attacker, answer: string) => boolean
  /** What a guarded host answers. */
  readonly answer: string | Readonly<Record<Guarded, string>>
  /** Which unguarded host the attack is seen to succeed on. Default the one that joins paths. */
  readonly control?: Carelessness | NoControl | Hanging
  /** What the host's system must have. */
  readonly needs?: Need
}

export const nameOf = ({ technique, call, action }: Case): string =>
  `${technique}: ${call}${action === '' ? '' : ` ${action}`}`

export interface Outcome {
  readonly answer: string
  /** What tells of an escape; empty if there was none. */
  readonly signs: readonly string[]
  readonly unexpected: readonly string[]
}

/**
 * @param folder where the scratch folder is made, if the caller wants to remove what is left of it
 */
export function run(one: Case, openHost: OpenHost, folder?: string): Outcome {
  const fixture = new Fixture(one.setup, folder)
  try {
    one.populate?.(fixture)
    fixture.protect(...(one.protect ?? []))
    fixture.remember()
    const host = openHost(fixture)
    try {
      const attacker = new Attacker(host.imports)
      host.bind(attacker.memory)
      const signs = (): string[] =>
        fixture.signs({ memory: attacker.bytes, inodes: attacker.inodes })
      const dir = one.prepare?.(attacker, fixture) ?? 3
      const early = signs()
      if (one.meanwhile !== undefined) {
        one.meanwhile(fixture)
        fixture.remember()
      }
      const answer = one.attack(attacker, dir, fixture)
      const late = signs()
      if (one.breach?.(fixture, attacker, answer)) late.push('the breach that the case describes')
      return { answer, signs: [...early, ...late], unexpected: [...host.unexpected] }
    } finally {
      host.close()
    }
  } finally {
    fixture.dispose()
  }
}
