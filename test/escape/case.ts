/**
 * The shape of an attack, and a run of one against a host: the answer that the guest got, and the
 * signs of an escape.
 */
import type { HostcallName } from '#lib/abi/table.js'
import { Attacker } from './attacker.js'
import { Fixture, type Setup } from './fixture.js'
import type { Guarded, OpenHost } from './hosts.js'
import type { Carelessness } from './unguarded.js'

/** A facility that some hosts lack: /proc, or permission to make device nodes. */
export type Need = 'proc' | 'devices'
/** The reason why an attack has no visible effect on a host without guards. */
export interface NoControl {
  readonly why: string
}
/** The control is run in a process of its own, which is to hang. */
export interface Hanging {
  readonly hangs: true
}
export interface Case {
  /** The name of the technique, as in the table of techniques. */
  readonly technique: string
  /** The hostcall that is to do what it must not. */
  readonly call: HostcallName
  /** The action that the call attempts there. */
  readonly action: string
  readonly setup?: Setup
  /** Files that must not change, besides everything outside the box. */
  readonly protect?: readonly string[]
  /** Files laid out by other users of the host. */
  readonly populate?: (s: Fixture) => void
  /**
   * Legal calls that the guest makes first. Returns the directory from which the attack starts.
   * Default 3.
   */
  readonly prepare?: (a: Attacker, s: Fixture) => number
  /** Changes made by other users of the host after that. */
  readonly meanwhile?: (s: Fixture) => void
  /** The attack; the name of its errno, or what else it was answered. */
  readonly attack: (a: Attacker, dir: number, s: Fixture) => string
  /** A further sign of an escape. */
  readonly breach?: (s: Fixture, a: Attacker, answer: string) => boolean
  /** The answer of a guarded host. */
  readonly answer: string | Readonly<Record<Guarded, string>>
  /** The unguarded host on which the attack must succeed. Default: the one that joins paths. */
  readonly control?: Carelessness | NoControl | Hanging
  /** The facility that the host's system must have. */
  readonly needs?: Need
}

export const nameOf = ({ technique, call, action }: Case): string =>
  `${technique}: ${call}${action === '' ? '' : ` ${action}`}`

export interface Outcome {
  readonly answer: string
  /** The signs of an escape; empty if there was none. */
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
        fixture.signs({
          memory:
            host.seen === undefined ? attacker.bytes : Buffer.concat([attacker.bytes, host.seen()]),
          inodes: attacker.inodes,
        })
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
