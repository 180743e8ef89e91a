/** Defines the row of an option: its check, its default and its bounds. */
import { checkBoolean, checkFunction, checkInteger, checkOneOf } from '../validate.js'

/** Options as they were passed, by name. */
export type Options = Readonly<Record<string, unknown>>

export interface Row<T = unknown> {
  /**
   * Returns the checked value. A row without a check is read by another one.
   * @param earlier the checked values of the rows before this one; each check names those that it
   * reads
   * @param given all options as they were passed
   */
  readonly check?: (name: string, value: unknown, earlier: never, given: Options) => T
  /** The checked value of an option that is left out. */
  readonly fallback?: T
  /** True if the option is checked also where it is left out. */
  readonly always?: true
  /** The values of an option that is one of a few words. */
  readonly words?: readonly string[]
  /** The bounds of a number. */
  readonly least?: number
  readonly most?: number
}
export type Rows = Readonly<Record<string, Row>>

type Fallback<R extends Row> = R extends { readonly always: true }
  ? never
  : R extends { readonly fallback: infer F }
    ? F
    : undefined
/** The checked values of all rows that have a check. */
export type Checked<R extends Rows> = {
  readonly [Name in keyof R as R[Name] extends { readonly check: unknown } ? Name : never]:
    | ReturnType<NonNullable<R[Name]['check']>>
    | Fallback<R[Name]>
}

/**
 * Checks options in the order of their rows: of two mistakes, that of the earlier row is thrown.
 * Reads each once, since a getter may return something else the next time.
 */
export function checkRows<R extends Rows>(rows: R, options: object): Checked<R> {
  const checked: Record<string, unknown> = Object.create(null)
  for (const [name, { check, fallback, always }] of entriesOf(rows)) {
    if (check === undefined) continue
    const { [name]: value } = options as Options
    checked[name] =
      value === undefined && !always
        ? fallback
        : check(`options.${name}`, value, checked as never, options as Options)
  }
  return checked as Checked<R>
}

/** The rows of each table as a list, made once. */
const lists = new Map<Rows, readonly (readonly [name: string, row: Row])[]>()
function entriesOf(rows: Rows): readonly (readonly [name: string, row: Row])[] {
  const known = lists.get(rows)
  if (known !== undefined) return known
  const list = Object.entries(rows)
  lists.set(rows, list)
  return list
}

// The kinds of rows.

/** One of a few words. */
export function oneOf<const T extends string, const F extends T | undefined = undefined>(
  words: readonly T[],
  fallback?: F,
) {
  const check = (name: string, value: unknown): T => {
    checkOneOf(name, words, value)
    return value
  }
  return { words, fallback: fallback as F, check }
}

/** Checks a switch. */
export function switchOf(name: string, value: unknown): boolean {
  checkBoolean(name, value)
  return value
}
/** A switch that is off unless it is set. */
export const off = { fallback: false, check: switchOf } as const

/** A function, whose type cannot be checked. */
export const callback = <T>() => ({
  check(name: string, value: unknown): T {
    checkFunction(name, value)
    return value as T
  },
})

/** A whole number within bounds. */
export function integer<const F extends number | undefined = undefined>(
  least: number,
  most: number,
  fallback?: F,
) {
  const check = (name: string, value: unknown): number => {
    checkInteger(name, value, least, most)
    return value
  }
  return { least, most, fallback: fallback as F, check }
}

/** An option that another row reads and checks, together with its own. */
export const together = {} as const
