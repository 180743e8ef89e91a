/** The names of a mangled C++ symbol. */
import { fail } from '../not-understood.js'
import { listOf, type Piece, plainPiece, textOf } from './piece.js'
import { abbreviations, operators } from './tables.js'
import { Types } from './types.js'

/** Facts of a function's name that its parameters depend on. */
export interface Traits {
  /** Constructors, destructors and conversions have no return type. */
  resultless: boolean
  /** Other functions that are instances of templates have one. */
  template: boolean
  /** ` const`, ` &` ...: of a member function, after its parameters. */
  suffix: string
  forward: boolean
}
export const noTraits = (): Traits => ({
  resultless: false,
  template: false,
  suffix: '',
  forward: false,
})

/** @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangle.name */
export abstract class Names extends Types {
  protected abstract encoding(): Piece

  /** @param traits of a function, whose template arguments its parameters refer to */
  protected name(traits?: Traits): Piece {
    if (this.peek() === 'N') return this.#nested(traits)
    if (this.peek() === 'Z') return this.#local(traits)
    const { piece, known } = this.unscopedName(traits)
    if (this.peek() !== 'I') return known ? fail() : piece
    if (!known) this.remembered(piece)
    return this.#withArgs(piece, traits)
  }

  /** @returns the name, and whether it is a substitution's */
  protected unscopedName(traits?: Traits): { piece: Piece; known: boolean } {
    if (this.peek() === 'S' && this.peek(1) !== 't')
      return { piece: this.#substitution(), known: true }
    const scope = this.take('St') ? plainPiece('std') : undefined
    return { piece: this.#unqualified(scope, traits ?? noTraits()), known: false }
  }

  #withArgs(name: Piece, traits: Traits | undefined): Piece {
    const args = this.templateArgs(traits !== undefined)
    if (traits !== undefined) traits.template = true
    return this.made([name, args], (name, args) => ({
      ...plainPiece(textOf(name) + args.left),
      ...(name.base !== undefined && { base: name.base }),
    }))
  }

  #nested(traits: Traits | undefined): Piece {
    this.expect('N')
    this.take('H')
    const qualifiers = this.qualifiers()
    const mark = this.take('O') ? ' &&' : this.take('R') ? ' &' : ''
    const facts = traits ?? noTraits()
    facts.suffix = qualifiers + mark
    let soFar: Piece | undefined
    while (!this.take('E')) {
      this.step()
      facts.template = false
      const code = this.peek()
      if (code === 'S') {
        if (soFar !== undefined) fail()
        if (this.take('St')) soFar = plainPiece('std')
        else soFar = this.#substitution()
        continue
      }
      if (code === 'T') {
        if (soFar !== undefined) fail()
        soFar = this.templateParam()
      } else if (code === 'I') {
        soFar = this.#withArgs(soFar ?? fail(), traits)
      } else if (code === 'D' && /[tT]/.test(this.peek(1))) {
        if (soFar !== undefined) fail()
        soFar = this.decltype()
      } else {
        soFar = this.#unqualified(soFar, facts)
      }
      this.remembered(soFar)
      this.take('M')
    }
    this.substitutions.pop()
    return soFar ?? fail()
  }

  #local(traits: Traits | undefined): Piece {
    this.expect('Z')
    const outer = this.encoding()
    this.expect('E')
    if (this.take('s')) {
      this.#discriminator()
      return this.made([outer], outer => plainPiece(`${textOf(outer)}::string literal`))
    }
    // A default argument, counted from the last one.
    if (this.take('d')) {
      this.match(/n?[0-9]*/y)
      this.expect('_')
      const entity = this.nested(() => this.name(traits))
      return this.made([outer, entity], joined)
    }
    const entity = this.nested(() => this.name(traits))
    this.#discriminator()
    return this.made([outer, entity], joined)
  }
  #discriminator(): void {
    this.match(/_[0-9]|__[0-9]+_|[0-9]+$/y)
  }

  #unqualified(scope: Piece | undefined, traits: Traits): Piece {
    traits.resultless = false
    this.match(/[FL]/y)
    const code = this.peek()
    let name: Piece
    if (code === 'U') name = this.#unnamed()
    else if (/[0-9]/.test(code)) {
      const text = this.sourceName()
      name = plainPiece(text, { base: text })
    } else if (this.take('DC')) {
      const names: string[] = []
      do names.push(this.sourceName())
      while (!this.take('E'))
      name = plainPiece(`[${names.join(', ')}]`)
    } else if (code === 'C' || code === 'D') name = this.#structor(scope ?? fail(), traits)
    else name = this.operatorName(traits)
    while (this.take('B')) {
      const tag = this.sourceName()
      const named = name
      name = this.made([named], named => ({ ...named, left: `${named.left}[abi:${tag}]` }))
    }
    if (scope === undefined) return name
    // A constructor of std::string is one of std::basic_string<...>.
    const full = code === 'C' || code === 'D'
    return this.made([scope, name], (scope, name) => ({
      ...plainPiece(`${full ? (scope.full ?? textOf(scope)) : textOf(scope)}::${textOf(name)}`),
      ...(name.base !== undefined && { base: name.base }),
    }))
  }

  #structor(scope: Piece, traits: Traits): Piece {
    traits.resultless = true
    const base = scope.base ?? scope.pack?.[0]?.base ?? fail()
    if (this.match(/D[0-9]/y) !== '') return plainPiece(`~${base}`, { base })
    if (this.take('CI')) {
      if (this.match(/[0-9]/y) === '') fail()
      this.name()
    } else if (this.match(/C[0-9]/y) === '') fail()
    return plainPiece(base, { base })
  }

  #unnamed(): Piece {
    if (this.take('Ut')) {
      const count = this.digits()
      this.expect('_')
      const text = `'unnamed${count}'`
      return plainPiece(text, { base: text })
    }
    if (this.take('Ub')) {
      this.digits()
      this.expect('_')
      return plainPiece("'block-literal'")
    }
    this.expect('Ul')
    const [declared, params] = this.#lambda()
    this.expect('E')
    const count = this.digits()
    this.expect('_')
    return this.made(params, (...params) => {
      const text = `'lambda${count}'${declared}(${listOf(params)})`
      return plainPiece(text, { base: text })
    })
  }
  /** A lambda's template parameters, and the types of its parameters. */
  #lambda(): [string, Piece[]] {
    const { levels, lambdaLevel } = this
    this.lambdaLevel = levels.length
    const own: Piece[] = []
    this.levels = [...levels, own]
    const counts = { T: 0, N: 0, TT: 0 }
    const declared: string[] = []
    try {
      while (/T[ynptk]/.test(this.peek() + this.peek(1)))
        declared.push(this.#declaration(own, counts))
      if (declared.length === 0) this.levels = levels
      const params: Piece[] = []
      if (!this.take('v'))
        while (this.peek() !== 'E' && this.peek() !== 'Q') params.push(this.type())
      return [declared.length === 0 ? '' : `<${declared.join(', ')}>`, params]
    } finally {
      this.levels = levels
      this.lambdaLevel = lambdaLevel
    }
  }
  #declaration(own: Piece[], counts: { T: number; N: number; TT: number }): string {
    this.step()
    const named = (kind: keyof typeof counts): string => {
      const count = counts[kind]++
      const name = `$${kind}${count === 0 ? '' : count - 1}`
      own.push(plainPiece(name))
      return name
    }
    if (this.take('Ty')) return `typename ${named('T')}`
    if (this.take('Tn')) {
      const name = named('N')
      const type = this.type()
      return `${type.left} ${name}${type.right}`
    }
    return fail()
  }

  protected operatorName(traits: Traits = noTraits()): Piece {
    const code = this.slice(2)
    if (code === 'cv') {
      const { forward } = this
      this.forward = true
      traits.forward = true
      traits.resultless = true
      try {
        return this.made([this.bareType()], type => plainPiece(`operator ${textOf(type)}`))
      } finally {
        this.forward = forward
      }
    }
    if (code === 'li') return plainPiece(`operator"" ${this.sourceName()}`)
    if (/^v[0-9]$/.test(code)) return plainPiece(`operator ${this.sourceName()}`)
    const [symbol, form] = operators.get(code) ?? fail()
    if (form === 'cast' || form.startsWith('of ') || symbol === '.' || symbol === '.*') fail()
    return plainPiece(`operator${/^[a-z]/.test(symbol) ? ' ' : ''}${symbol.trimEnd()}`)
  }

  protected sourceName(): string {
    const digits = this.digits()
    if (digits === '' || digits.length > 5) fail()
    const name = this.slice(Number(digits))
    if (name === '') fail()
    return name.startsWith('_GLOBAL__N') ? '(anonymous namespace)' : name
  }

  #substitution(): Piece {
    this.step()
    this.expect('S')
    const abbreviation = abbreviations.get(this.peek())
    if (abbreviation !== undefined) {
      this.at++
      const [name, base, full] = abbreviation
      let piece = plainPiece(name, { base, full })
      const tags = this.#tags()
      if (tags !== '') piece = this.remembered({ ...piece, left: name + tags })
      return piece
    }
    const at = this.index(() => this.match(/[0-9A-Z]*/y), 36)
    return this.substitutions[at] ?? fail()
  }
  #tags(): string {
    let tags = ''
    while (this.take('B')) tags += `[abi:${this.sourceName()}]`
    return tags
  }

  /** @param tag whether `T_` refers to these from here on */
  protected templateArgs(tag = false): Piece {
    return this.nested(() => {
      this.expect('I')
      const table: Piece[] = []
      const args: Piece[] = []
      if (tag) this.levels = []
      while (!this.take('E')) {
        this.#declared(table)
        const arg = this.templateArgument()
        args.push(arg)
        if (!tag) continue
        table.push(
          arg.elements === undefined
            ? arg
            : { ...(arg.elements[0] ?? plainPiece('')), pack: arg.elements },
        )
      }
      if (tag) this.levels = [table]
      return this.made(args, (...args) => plainPiece(`<${listOf(args)}>`))
    })
  }
  /** The declaration of the parameter, where its type depends on earlier ones. It is not written. */
  #declared(table: readonly Piece[]): void {
    if (!/T[ynptk]/.test(this.peek() + this.peek(1))) return
    const { levels } = this
    this.levels = [[...table]]
    this.#declaration([], { T: 0, N: 0, TT: 0 })
    this.levels = levels
  }
  protected templateArgument(): Piece {
    switch (this.peek()) {
      case 'X': {
        this.at++
        const expression = this.expression()
        this.expect('E')
        return expression
      }
      case 'J': {
        this.at++
        const elements: Piece[] = []
        while (!this.take('E')) elements.push(this.nested(() => this.templateArgument()))
        return this.made(elements, (...all) => ({ ...plainPiece(listOf(all)), elements: all }))
      }
      case 'L':
        return this.literal()
    }
    return this.type()
  }
  protected abstract literal(): Piece
}

const joined = (outer: Piece, entity: Piece): Piece => ({
  ...plainPiece(`${textOf(outer)}::${textOf(entity)}`),
  ...(entity.base !== undefined && { base: entity.base }),
})
