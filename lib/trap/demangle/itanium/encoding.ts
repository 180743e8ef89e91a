/** The mangled C++ names of functions and data, and of what the compiler makes beside them. */
import { fail } from '../not-understood.js'
import { Expressions } from './expressions.js'
import { noTraits } from './names.js'
import { listOf, type Piece, plainPiece, textOf } from './piece.js'

/** Prefixes of names, and what each says of the type or name that follows. */
const special: readonly (readonly [code: string, text: string, of: 'type' | 'name'])[] = [
  ['TV', 'vtable for ', 'type'],
  ['TT', 'VTT for ', 'type'],
  ['TI', 'typeinfo for ', 'type'],
  ['TS', 'typeinfo name for ', 'type'],
  ['TW', 'thread-local wrapper routine for ', 'name'],
  ['TH', 'thread-local initialization routine for ', 'name'],
  ['GV', 'guard variable for ', 'name'],
]

/** @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangle.encoding */
export class Encoding extends Expressions {
  /** All of a symbol, from behind its `_Z`. A suffix of the compiler, `.llvm.123`, is kept. */
  symbol(): string {
    const text = textOf(this.encoding())
    // A constraint (`requires`) says nothing that a trace needs.
    if (this.take('Q')) this.rest()
    const suffix = this.peek() === '.' ? ` (${this.rest()})` : ''
    if (!this.ended) fail()
    return text + suffix
  }

  protected encoding(): Piece {
    return this.nested(() => {
      const { levels } = this
      this.levels = []
      try {
        return this.#encoding()
      } finally {
        this.levels = levels
      }
    })
  }

  #encoding(): Piece {
    if (/[GT]/.test(this.peek())) return this.#special()
    const traits = noTraits()
    let name = this.name(traits)
    if (traits.forward) name = this.#resolved(name)
    if (this.#atEnd()) return name
    let condition = plainPiece('')
    if (this.take('Ua9enable_ifI')) {
      const all: Piece[] = []
      while (!this.take('E')) all.push(this.templateArgument())
      condition = this.made(all, (...all) => plainPiece(` [enable_if:${listOf(all)}]`))
    }
    const result = traits.template && !traits.resultless ? this.type() : undefined
    const params: Piece[] = []
    if (!this.take('v')) while (!this.#atEnd()) params.push(this.type())
    return this.made(
      [name, condition, ...(result === undefined ? [] : [result]), ...params],
      (name, condition, ...types) => {
        const returned = result === undefined ? undefined : types.shift()
        const left =
          returned === undefined ? '' : returned.left + (returned.right === '' ? ' ' : '')
        return plainPiece(
          `${left}${textOf(name)}(${listOf(types)})${returned?.right ?? ''}${traits.suffix}${textOf(condition)}`,
        )
      },
    )
  }
  #atEnd(): boolean {
    return this.ended || /[E.Q]/.test(this.peek())
  }

  /** A conversion operator whose type refers to template arguments that came after it. */
  #resolved(name: Piece): Piece {
    const args = this.levels[0] ?? []
    const text = textOf(name).replace(/#([0-9]+)#/g, (_, at) => textOf(args[Number(at)] ?? fail()))
    return this.made([], () => plainPiece(text))
  }

  #special(): Piece {
    const known = special.find(([code]) => this.take(code))
    if (known !== undefined) {
      const [, text, of] = known
      const piece = of === 'type' ? this.type() : this.name()
      return this.made([piece], piece => plainPiece(text + textOf(piece)))
    }
    if (this.take('GR')) {
      const name = this.name()
      this.match(/[0-9A-Z]*_?/y)
      return this.made([name], name => plainPiece(`reference temporary for ${textOf(name)}`))
    }
    if (this.take('GTt') || this.take('GTn')) return fail()
    if (this.take('TC')) {
      const derived = this.type()
      this.digits()
      this.expect('_')
      return this.made([derived, this.type()], (derived, base) =>
        plainPiece(`construction vtable for ${textOf(base)}-in-${textOf(derived)}`),
      )
    }
    if (this.take('Tc')) {
      this.#offset()
      this.#offset()
      return this.#thunk('covariant return thunk to ')
    }
    this.expect('T')
    const virtual = this.peek() === 'v'
    this.#offset()
    return this.#thunk(virtual ? 'virtual thunk to ' : 'non-virtual thunk to ')
  }
  #offset(): void {
    if (this.match(/hn?[0-9]+_|vn?[0-9]+_n?[0-9]+_/y) === '') fail()
  }
  #thunk(text: string): Piece {
    return this.made([this.encoding()], to => plainPiece(text + textOf(to)))
  }
}
