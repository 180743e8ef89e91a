/** The types of a mangled C++ symbol. */
import { fail } from '../not-understood.js'
import { Cursor } from './cursor.js'
import { listOf, type Piece, plainPiece, textOf } from './piece.js'
import { builtins, moreBuiltins } from './tables.js'

/** Writes a type to the left of a `*`, `&` or `C::*`, and opens the parentheses that it needs. */
const opened = ({ left, shape }: Piece): string =>
  `${left}${shape === 'array' ? ' (' : shape === 'function' ? '(' : ''}`
const closed = ({ right, shape }: Piece): string => (shape === undefined ? right : `)${right}`)

/** @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling-type */
export abstract class Types extends Cursor {
  /** The template arguments in force, one list for each level of templates. */
  protected levels: Piece[][] = []
  /** A conversion operator's type is read before the template arguments that it refers to. */
  protected forward = false
  /** The level of a generic lambda's own parameters, which are written `auto`. */
  protected lambdaLevel = -1
  /** True where template arguments that follow a template parameter are not its own. */
  #bare = false

  protected abstract name(): Piece
  protected abstract unscopedName(): { piece: Piece; known: boolean }
  protected abstract expression(): Piece
  protected abstract templateArgs(): Piece
  protected abstract sourceName(): string

  protected type(): Piece {
    return this.nested(() => this.#type())
  }
  /** The type of a conversion operator: template arguments after it are the operator's. */
  protected bareType(): Piece {
    const before = this.#bare
    this.#bare = true
    try {
      return this.type()
    } finally {
      this.#bare = before
    }
  }

  #type(): Piece {
    const code = this.peek()
    if (/[rVK]/.test(code)) {
      const start = this.at
      this.qualifiers()
      const isFunction = this.#startsFunction()
      this.at = start
      return this.remembered(isFunction ? this.#function() : this.#qualified())
    }
    if (this.#startsFunction()) return this.remembered(this.#function())
    const builtin = builtins.get(code)
    if (builtin !== undefined) {
      this.at++
      return plainPiece(builtin)
    }
    switch (code) {
      case 'u':
        return this.#vendor()
      case 'D':
        return this.#prefixedWithD()
      case 'S':
        return this.#named()
      case 'T':
        return this.#templated()
      case 'P':
        this.at++
        return this.remembered(this.#pointer(this.type()))
      case 'R':
      case 'O':
        this.at++
        return this.remembered(this.#reference(code === 'R' ? '&' : '&&', this.type()))
      case 'A':
        return this.remembered(this.#array())
      case 'M':
        return this.remembered(this.#member())
      case 'C':
      case 'G': {
        this.at++
        const suffix = code === 'C' ? ' complex' : ' imaginary'
        return this.remembered(this.#suffixed(this.type(), suffix))
      }
      case 'U':
        return this.remembered(this.#extended())
    }
    return this.remembered(this.name())
  }

  /** `const`, `volatile` and `restrict`, each after a space. */
  protected qualifiers(): string {
    const codes = this.match(/r?V?K?/y)
    return `${codes.includes('K') ? ' const' : ''}${codes.includes('V') ? ' volatile' : ''}${
      codes.includes('r') ? ' restrict' : ''
    }`
  }
  #qualified(): Piece {
    const qualifiers = this.qualifiers()
    return this.#suffixed(this.type(), qualifiers)
  }
  #suffixed(type: Piece, suffix: string): Piece {
    return this.made([type], ({ left, right, shape }) => ({
      left: left + suffix,
      right,
      ...(shape && { shape }),
    }))
  }
  #extended(): Piece {
    this.at++
    const name = this.sourceName()
    const args = this.peek() === 'I' ? this.templateArgs() : plainPiece('')
    const type = this.type()
    return this.made([type, args], (type, args) => ({
      ...type,
      left: `${type.left} ${name}${args.left}`,
    }))
  }
  #vendor(): Piece {
    this.at++
    const name = this.sourceName()
    const args = this.peek() === 'I' ? this.templateArgs() : plainPiece('')
    return this.remembered(this.made([args], args => plainPiece(name + args.left)))
  }

  #prefixedWithD(): Piece {
    const code = this.peek(1)
    const builtin = moreBuiltins.get(code)
    if (builtin !== undefined) {
      this.at += 2
      return plainPiece(builtin)
    }
    switch (code) {
      case 't':
      case 'T':
        return this.remembered(this.decltype())
      case 'p': {
        this.at += 2
        return this.remembered(this.expanded(this.type()))
      }
      case 'v':
        return this.remembered(this.#vector())
      case 'F':
        this.at += 2
        return plainPiece(this.#float())
      case 'B':
      case 'U': {
        this.at += 2
        const bits = /[0-9]/.test(this.peek()) ? this.digits() : textOf(this.expression())
        this.expect('_')
        return plainPiece(`${code === 'U' ? 'unsigned ' : ''}_BitInt(${bits})`)
      }
    }
    return fail()
  }
  #float(): string {
    const bits = this.digits()
    if (this.take('b')) return 'std::bfloat16_t'
    this.expect('_')
    return `_Float${bits}`
  }
  protected decltype(): Piece {
    this.expect('D')
    if (!this.take('t')) this.expect('T')
    const expression = this.expression()
    this.expect('E')
    return this.made([expression], of => plainPiece(`decltype(${textOf(of)})`))
  }
  /** A pack expansion: all elements of the packs in it, or, where they are not known, `...`. */
  protected expanded(of: Piece): Piece {
    this.step()
    if (of.pack === undefined) return plainPiece(`${textOf(of)}...`)
    return this.made([], () => ({ ...plainPiece(listOf(of.pack ?? [])), elements: of.pack ?? [] }))
  }
  #vector(): Piece {
    this.at += 2
    const size = /[0-9]/.test(this.peek())
      ? plainPiece(this.digits())
      : this.take('_')
        ? this.expression()
        : plainPiece('')
    this.expect('_')
    if (this.take('p'))
      return this.made([size], size => plainPiece(`pixel vector[${textOf(size)}]`))
    const type = this.type()
    return this.made([type, size], (type, size) =>
      plainPiece(`${textOf(type)} vector[${textOf(size)}]`),
    )
  }

  /** A name that begins with a substitution, or with `std`. */
  #named(): Piece {
    const { piece, known } = this.unscopedName()
    if (this.peek() !== 'I') return known ? piece : this.remembered(piece)
    if (!known) this.remembered(piece)
    return this.remembered(this.#withArgs(piece))
  }
  #withArgs(name: Piece): Piece {
    const args = this.templateArgs()
    return this.made([name, args], (name, args) => plainPiece(textOf(name) + args.left))
  }
  #templated(): Piece {
    if (/[sue]/.test(this.peek(1))) {
      const kind = { s: 'struct', u: 'union', e: 'enum' }[this.peek(1) as 's' | 'u' | 'e']
      this.at += 2
      return this.remembered(
        this.made([this.name()], name => plainPiece(`${kind} ${textOf(name)}`)),
      )
    }
    const param = this.remembered(this.templateParam())
    if (this.peek() !== 'I' || this.#bare) return param
    return this.remembered(this.#withArgs(param))
  }
  /** `T_`, `T0_` ..., and with a level `TL0__`, `TL0_0_` ... */
  protected templateParam(): Piece {
    this.step()
    this.expect('T')
    const level = this.take('L') ? this.index(() => this.digits(), 10) + 1 : 0
    const at = this.index(() => this.digits(), 10)
    const param = this.levels[level]?.[at]
    if (param !== undefined) return param
    // A mark that no symbol has, until the arguments are known.
    if (this.forward && level === 0) return plainPiece(`#${at}#`)
    return level === this.lambdaLevel ? plainPiece('auto') : fail()
  }

  #pointer(type: Piece): Piece {
    return this.made([type], type => ({ left: `${opened(type)}*`, right: closed(type) }))
  }
  #reference(mark: '&' | '&&', type: Piece): Piece {
    return this.made([type], type => {
      const to = type.reference?.to ?? type
      const collapsed = type.reference?.mark === '&' || mark === '&' ? '&' : '&&'
      return {
        left: opened(to) + collapsed,
        right: closed(to),
        reference: { mark: collapsed, to },
      }
    })
  }
  #array(): Piece {
    this.at++
    const size = /[0-9]/.test(this.peek())
      ? plainPiece(this.digits())
      : this.peek() === '_'
        ? plainPiece('')
        : this.expression()
    this.expect('_')
    return this.made([this.type(), size], ({ left, right, shape }, size) => ({
      left,
      right: ` [${textOf(size)}]${shape === 'array' ? right.trimStart() : right}`,
      shape: 'array',
    }))
  }
  #member(): Piece {
    this.at++
    const owner = this.type()
    return this.made([owner, this.type()], (owner, type) => ({
      left: `${type.shape === undefined ? `${type.left} ` : opened(type)}${textOf(owner)}::*`,
      right: closed(type),
    }))
  }

  #startsFunction(): boolean {
    return this.peek() === 'F' || /D[oOwx]/.test(this.peek() + this.peek(1))
  }
  #function(): Piece {
    const qualifiers = this.qualifiers()
    const throws = this.#throws()
    this.take('Dx')
    this.expect('F')
    this.take('Y')
    const result = this.type()
    const params: Piece[] = []
    let mark = ''
    while (!this.take('E')) {
      if (this.take('v')) continue
      if (this.take('RE')) mark = ' &'
      else if (this.take('OE')) mark = ' &&'
      else {
        params.push(this.type())
        continue
      }
      break
    }
    return this.made([result, ...params, throws], (result, ...rest) => ({
      left: `${result.left} `,
      right: `(${listOf(rest.slice(0, -1))})${result.right}${qualifiers}${mark}${textOf(rest[rest.length - 1] as Piece)}`,
      shape: 'function',
    }))
  }
  #throws(): Piece {
    if (this.take('Do')) return plainPiece(' noexcept')
    if (this.take('DO')) {
      const condition = this.expression()
      this.expect('E')
      return this.made([condition], of => plainPiece(` noexcept(${textOf(of)})`))
    }
    if (!this.take('Dw')) return plainPiece('')
    const types: Piece[] = []
    while (!this.take('E')) types.push(this.type())
    return this.made(types, (...types) => plainPiece(` throw(${listOf(types)})`))
  }
}
