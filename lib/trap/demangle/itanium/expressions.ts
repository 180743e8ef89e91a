/** The expressions of a mangled C++ symbol: in template arguments, array sizes and `decltype`. */
import { fail } from '../not-understood.js'
import { Names } from './names.js'
import { listOf, type Piece, plainPiece, textOf } from './piece.js'
import { Binds, builtins, type Operator, operators, suffixes } from './tables.js'

/** An operand, in parentheses where it binds no tighter than its place asks for. */
function operand(of: Piece, binds: number, strictly = false): string {
  const parenthesized = (of.precedence ?? Binds.PRIMARY) >= binds + Number(strictly)
  return parenthesized ? `(${textOf(of)})` : textOf(of)
}
const piece = (text: string, precedence: number): Piece => plainPiece(text, { precedence })

/** @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#expressions */
export abstract class Expressions extends Names {
  protected expression(): Piece {
    return this.nested(() => this.#expression())
  }

  #expression(): Piece {
    const global = this.take('gs') ? '::' : ''
    const code = this.peek() + this.peek(1)
    if (this.peek() === 'L') return this.literal()
    if (this.peek() === 'T') return this.templateParam()
    if (/f[pL]/.test(code) && /[0-9_KVrTpL]/.test(this.peek(2))) {
      const param = this.#functionParam()
      if (param !== undefined) return param
    }
    if (/f[lrLR]/.test(code)) return this.#fold()
    if (/^[0-9]/.test(code)) return this.#unresolved(global)
    this.at += 2
    switch (code) {
      case 'sr':
      case 'on':
      case 'dn':
        this.at -= 2
        return this.#unresolved(global)
      case 'il':
        return this.#list(plainPiece(''))
      case 'tl':
        return this.#list(this.type())
      case 'cv':
        return this.#conversion()
      case 'sZ':
      case 'sP': {
        const of =
          code === 'sZ' && this.peek() !== 'T'
            ? (this.#functionParam() ?? fail())
            : code === 'sZ'
              ? this.templateParam()
              : plainPiece(listOf(this.#until()))
        return plainPiece(`sizeof...(${of.pack ? listOf(of.pack) : textOf(of)})`)
      }
      case 'sp':
        return this.expanded(this.expression())
      case 'nx':
        return this.made([this.expression()], of =>
          piece(`noexcept ${operand(of, Binds.UNARY)}`, Binds.UNARY),
        )
      case 'tr':
        return plainPiece('throw')
      case 'tw':
        return this.made([this.expression()], of => plainPiece(`throw ${textOf(of)}`))
    }
    return this.#operation(operators.get(code) ?? fail(), global)
  }

  #operation([symbol, form, binds]: Operator, global: string): Piece {
    switch (form) {
      case 'binary':
        return this.#binary(symbol, binds)
      case 'prefix':
        return this.made([this.expression()], of => piece(symbol + operand(of, binds), binds))
      case 'postfix': {
        const before = this.take('_')
        return this.made([this.expression()], of =>
          piece(before ? symbol + operand(of, binds) : operand(of, binds, true) + symbol, binds),
        )
      }
      case 'member':
        return this.made([this.expression(), this.expression()], (of, name) =>
          piece(operand(of, binds, true) + symbol + operand(name, binds), binds),
        )
      case 'index':
        return this.made([this.expression(), this.expression()], (of, at) =>
          piece(`${operand(of, binds)}[${textOf(at)}]`, binds),
        )
      case 'call':
        return this.made([this.expression(), ...this.#until()], (of, ...args) =>
          piece(`${textOf(of)}(${listOf(args)})`, binds),
        )
      case 'conditional':
        return this.made(
          [this.expression(), this.expression(), this.expression()],
          (test, yes, no) =>
            piece(
              `${operand(test, binds)} ? ${textOf(yes)} : ${operand(no, Binds.ASSIGN, true)}`,
              binds,
            ),
        )
      case 'cast':
        return this.made([this.type(), this.expression()], (type, of) =>
          piece(`${symbol}<${textOf(type)}>(${textOf(of)})`, binds),
        )
      case 'of type':
        return this.made([this.type()], of => piece(`${symbol.trimEnd()} (${textOf(of)})`, binds))
      case 'of expression':
        return this.made([this.expression()], of =>
          piece(`${symbol.trimEnd()} (${textOf(of)})`, binds),
        )
      case 'delete':
        return this.made([this.expression()], of =>
          piece(`${global}${symbol.trimStart()} ${operand(of, binds)}`, binds),
        )
      case 'new':
        return this.#new(`${global}${symbol.trimStart()}`)
    }
    return fail()
  }
  #binary(symbol: string, binds: number): Piece {
    const assigns = binds === Binds.ASSIGN
    return this.made([this.expression(), this.expression()], (left, right) => {
      const first = operand(left, assigns ? Binds.EITHER : binds, !assigns)
      const text = `${first}${symbol === ',' ? '' : ' '}${symbol} ${operand(right, binds, assigns)}`
      // In a list of template arguments a bare `>` would end the list.
      return /^>>?$/.test(symbol) ? plainPiece(`(${text})`) : piece(text, binds)
    })
  }
  #new(symbol: string): Piece {
    const placed = this.#until('_')
    const type = this.type()
    const args = this.take('pi') ? this.#until() : undefined
    if (args === undefined) this.expect('E')
    return plainPiece(
      `${symbol}${placed.length === 0 ? '' : `(${listOf(placed)})`} ${textOf(type)}${
        args === undefined ? '' : `(${listOf(args)})`
      }`,
      { precedence: Binds.UNARY },
    )
  }
  #conversion(): Piece {
    const type = this.bareType()
    const list = this.take('_')
    const args = list ? this.#until() : [this.expression()]
    return this.made([type, ...args], (type, ...args) =>
      piece(`(${textOf(type)})(${listOf(args)})`, Binds.CAST),
    )
  }
  #list(type: Piece): Piece {
    const items = this.#until()
    return this.made([type, ...items], (type, ...items) =>
      plainPiece(`${textOf(type)}{${listOf(items)}}`),
    )
  }
  /** The expressions up to a mark. */
  #until(mark = 'E'): Piece[] {
    const all: Piece[] = []
    while (!this.take(mark)) all.push(this.expression())
    return all
  }
  #fold(): Piece {
    this.at++
    const form = this.slice(1)
    const [symbol, kind] = operators.get(this.slice(2)) ?? fail()
    if (kind !== 'binary' && kind !== 'member') fail()
    const first = this.expression()
    const second = /[LR]/.test(form) ? this.expression() : undefined
    const [pack, start] = form === 'L' ? [second, first] : [first, second]
    const many = textOf(this.expanded(pack ?? fail()))
    const left = form === 'l' || form === 'L'
    const wrapped = `(${many})`
    const edge = start === undefined ? undefined : operand(start, Binds.CAST, true)
    if (left)
      return plainPiece(
        `(${edge === undefined ? '' : `${edge} ${symbol} `}... ${symbol} ${wrapped})`,
      )
    return plainPiece(`(${wrapped} ${symbol} ...${edge === undefined ? '' : ` ${symbol} ${edge}`})`)
  }
  /** `fp_`, `fp0_`, and in inner scopes `fL0p_`. */
  #functionParam(): Piece | undefined {
    const start = this.at
    if (this.take('fpT')) return plainPiece('this')
    const level = this.match(/f(?:L[0-9]+)?p/y)
    if (level === '') return undefined
    this.qualifiers()
    const at = this.digits()
    if (this.take('_')) return plainPiece(`fp${at}`)
    this.at = start
    return undefined
  }

  /** A name that depends on a template's parameters. */
  #unresolved(global: string): Piece {
    if (this.take('srN')) {
      let scope = this.type()
      if (this.peek() === 'I') scope = this.#withArgs(scope)
      while (!this.take('E')) scope = this.#in(scope, this.#simpleName())
      return this.#in(scope, this.#baseName())
    }
    if (!this.take('sr')) {
      const name = this.#baseName()
      return this.made([name], name => plainPiece(global + textOf(name)))
    }
    if (/[0-9]/.test(this.peek())) {
      let scope = this.#simpleName()
      if (global !== '') scope = this.made([scope], of => plainPiece(global + textOf(of)))
      while (!this.take('E')) scope = this.#in(scope, this.#simpleName())
      return this.#in(scope, this.#baseName())
    }
    let scope = this.type()
    if (this.peek() === 'I') scope = this.#withArgs(scope)
    return this.#in(scope, this.#baseName())
  }
  #in(scope: Piece, name: Piece): Piece {
    return this.made([scope, name], (scope, name) =>
      plainPiece(`${textOf(scope)}::${textOf(name)}`),
    )
  }
  #simpleName(): Piece {
    const name = plainPiece(this.sourceName())
    return this.peek() === 'I' ? this.#withArgs(name) : name
  }
  #withArgs(name: Piece): Piece {
    return this.made([name, this.templateArgs()], (name, args) =>
      plainPiece(textOf(name) + args.left),
    )
  }
  #baseName(): Piece {
    if (/[0-9]/.test(this.peek())) return this.#simpleName()
    if (this.take('dn')) {
      const of = /[0-9]/.test(this.peek()) ? this.#simpleName() : this.type()
      return this.made([of], of => plainPiece(`~${textOf(of)}`))
    }
    this.take('on')
    const name = this.operatorName()
    return this.peek() === 'I' ? this.#withArgs(name) : name
  }

  protected literal(): Piece {
    this.step()
    this.expect('L')
    if (this.take('b0E')) return plainPiece('false')
    if (this.take('b1E')) return plainPiece('true')
    if (this.take('_Z')) {
      const name = this.encoding()
      this.expect('E')
      return name
    }
    if (this.take('Dn')) {
      this.take('0')
      this.expect('E')
      return plainPiece('nullptr')
    }
    if (/[fdegT]/.test(this.peek())) return fail()
    if (this.peek() === 'A') {
      const type = this.type()
      this.expect('E')
      return this.made([type], type => plainPiece(`"<${textOf(type)}>"`))
    }
    if (this.peek() === 'U') {
      const lambda = this.type()
      this.expect('E')
      return this.made([lambda], of =>
        plainPiece(`[]${textOf(of).replace(/^'lambda[0-9]*'/, '')}{...}`),
      )
    }
    return this.#number()
  }
  #number(): Piece {
    const code = this.peek()
    const type = this.type()
    const value = this.match(/n?[0-9]+/y).replace('n', '-')
    if (value === '') fail()
    this.expect('E')
    const suffix = builtins.has(code) ? suffixes.get(code) : undefined
    if (suffix !== undefined) return plainPiece(value + suffix)
    return this.made([type], type => plainPiece(`(${textOf(type)})${value}`))
  }
}
