/** One row of the table and one hostcall make one wasm import: lift the arguments, check, call, store the results, convert errors. */
import { Errno } from './abi/errno.js'
import { Rights } from './abi/rights.js'
import type { Row } from './abi/table.js'
import { Kind, type Type } from './abi/types.js'
import type { Context } from './context.js'
import { Exit, refuse, UnexpectedError, WasiError } from './errors.js'
import { NotStarted } from './memory.js'
import { type Answer, UNEXPECTED } from './sys/sys.js'

// biome-ignore lint/suspicious/noExplicitAny: what a guest, or JavaScript, passes is unknown until it is lifted
type Value = any
type Hostcall = (context: Context, ...args: Value[]) => Answer
export type Import = (...args: Value[]) => Errno

/** How many wasm values a parameter takes. */
const slots = (type: Type): Type[] => (type.kind === Kind.List || type.kind === Kind.Path ? [type, type] : [type])

/** What the hostcall receives for a wasm value, or INVAL. JavaScript may call an import too, so nothing is taken on trust. */
function lift(type: Type, value: Value): Value {
  switch (type.kind) {
    case Kind.Flags:
      return u32(value) >>> type.labels.length === 0 ? value : refuse(Errno.INVAL)
    case Kind.Enum:
      return type.values[u32(value)] ?? refuse(Errno.INVAL)
    case Kind.Size64:
      return size64(value)
    case Kind.Delta64:
      return delta64(value)
    case Kind.Rights:
      return rights(value)
    case Kind.Raw64:
      return typeof value === 'bigint' ? value : refuse(Errno.INVAL)
    default:
      return u32(value)
  }
}

function u32(value: Value): number {
  if (typeof value !== 'number') refuse(Errno.INVAL)
  const number = value >>> 0
  return number === value || (value | 0) === value ? number : refuse(Errno.INVAL)
}
function delta64(value: Value): number {
  if (typeof value !== 'bigint') refuse(Errno.INVAL)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : refuse(Errno.INVAL)
}
function size64(value: Value): number {
  const number = delta64(value)
  return number >= 0 ? number : refuse(Errno.INVAL)
}
/** Rights that no snapshot knows fall away, since nothing can be done with them. */
function rights(value: Value): Rights {
  if (typeof value !== 'bigint') refuse(Errno.INVAL)
  const number = Number(value)
  return (Number.isSafeInteger(number) ? number : Number(BigInt.asUintN(32, value))) & Rights.ALL
}

/**
 * The import. Every pointer for a result is checked before the hostcall does anything, and memory is looked at again after
 * it: what it called may have run the guest, which grew it.
 */
export function gate(context: Context, name: string, row: Row, hostcall: Hostcall, report: (error: UnexpectedError) => void): Import {
  const { memory, sys } = context
  const { block } = sys
  const types = row.params.flatMap(({ type }) => slots(type))
  const [first, second] = row.results.map(({ type }) => type)
  const room = first?.size ?? 0
  const room2 = second?.size ?? 0

  const enter = (at: Value, at2: Value, at3?: Value): void => {
    memory.refresh()
    // Where there is no result, JavaScript passed one argument too many.
    if (room !== 0) memory.check(u32(at), room)
    else if (at !== undefined) refuse(Errno.INVAL)
    if (room2 !== 0) memory.check(u32(at2), room2)
    else if (at2 !== undefined) refuse(Errno.INVAL)
    if (at3 !== undefined) refuse(Errno.INVAL)
  }
  /** The results of a call that succeeded go to the guest; any other answer is passed on. */
  const leave = (answer: Answer, at: Value, at2: Value): Answer => {
    if (answer < 0) return answer
    memory.refresh()
    if (first !== undefined) store(context, first, at >>> 0, answer)
    if (second !== undefined) store(context, second, at2 >>> 0, block.second[0])
    return Errno.SUCCESS
  }
  const errnoOf = (answer: Answer): Errno => (answer === UNEXPECTED ? unexpected(sys.failure()) : 0 - answer)
  const thrown = (error: unknown): Errno => {
    if (error instanceof WasiError) return error.errno
    if (error instanceof Exit || error instanceof NotStarted || overflowed(error)) throw error
    return unexpected(error)
  }
  const unexpected = (cause: unknown): Errno => {
    report(new UnexpectedError(name, cause))
    return Errno.IO
  }

  const c = context
  const h = hostcall
  const l = (i: number, value: Value): Value => lift(types[i], value)
  // One line for each arity keeps arguments out of arrays; o is where the first result goes, p the second, and q is one too
  // many, where a call of that arity has two results. The embedder is told of an error outside of the try, so that what his
  // hook throws ends the guest.
  // biome-ignore format: an arity a line
  switch (types.length) {
    case 0: return (o, p, q) => { let r = 0; try { enter(o, p, q); r = leave(h(c), o, p) } catch (e) { return thrown(e) } return errnoOf(r) }
    case 1: return (a, o, p) => { let r = 0; try { enter(o, p); r = leave(h(c, l(0, a)), o, p) } catch (e) { return thrown(e) } return errnoOf(r) }
    case 2: return (a, b, o, p) => { let r = 0; try { enter(o, p); r = leave(h(c, l(0, a), l(1, b)), o, p) } catch (e) { return thrown(e) } return errnoOf(r) }
    case 3: return (a, b, d, o, p) => { let r = 0; try { enter(o, p); r = leave(h(c, l(0, a), l(1, b), l(2, d)), o, p) } catch (e) { return thrown(e) } return errnoOf(r) }
    case 4: return (a, b, d, f, o, p, q) => { let r = 0; try { enter(o, p, q); r = leave(h(c, l(0, a), l(1, b), l(2, d), l(3, f)), o, p) } catch (e) { return thrown(e) } return errnoOf(r) }
    case 5: return (a, b, d, f, g, o, p) => { let r = 0; try { enter(o, p); r = leave(h(c, l(0, a), l(1, b), l(2, d), l(3, f), l(4, g)), o, p) } catch (e) { return thrown(e) } return errnoOf(r) }
    default: return (...args) => {
      const o = args[types.length]
      const p = args[types.length + 1]
      let r = 0
      try { enter(o, p); r = leave(h(c, ...types.map((type, i) => lift(type, args[i]))), o, p) } catch (e) { return thrown(e) }
      return errnoOf(r)
    }
  }
}

/** Put a result where the guest wants it. What is too large for a number lies in the block. */
function store({ memory, sys }: Context, type: Type, at: number, answer: number): void {
  switch (type.kind) {
    case Kind.Size64:
      memory.setSize64(at, answer)
      break
    case Kind.Raw64:
      memory.view.setBigUint64(at, sys.block.time[0], true)
      break
    case Kind.Record:
      for (const [from, to, bytes] of type.pieces) memory.bytes.set(sys.block.recordBytes.subarray(from, from + bytes), at + to)
      break
    default:
      if (type.size === 2) memory.view.setUint16(at, answer, true)
      else memory.setUint32(at, answer)
  }
}

/** A guest that recurses without end may meet the end of the stack inside a hostcall. It is the guest's trap, not the host's error. */
const overflowed = (error: unknown): boolean => error instanceof RangeError && /call stack/.test(error.message)
