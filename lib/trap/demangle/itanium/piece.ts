/** The parts that a demangled C++ name is made of: text on both sides of a declarator. */

/**
 * A name, a type or an expression. C++ writes a type around the name that has it, as in
 * `int (*f)(char)`, so a type has a left side and a right side.
 */
export interface Piece {
  readonly left: string
  readonly right: string
  /** A function or an array: a pointer to it needs parentheses. */
  readonly shape?: 'function' | 'array'
  /** A reference, and the type that it refers to: references to references collapse. */
  readonly reference?: { readonly mark: '&' | '&&'; readonly to: Piece }
  /** One piece for each element of a parameter pack that is not yet expanded. */
  readonly pack?: readonly Piece[]
  /** The elements of an argument that is a pack. */
  readonly elements?: readonly Piece[]
  /** The last name, without its template arguments: constructors and destructors repeat it. */
  readonly base?: string
  /** The name of an abbreviation of `std` in full, for its constructors. */
  readonly full?: string
  /** The precedence of an expression; names and literals bind tightest. */
  readonly precedence?: number
}

export const plainPiece = (left: string, more: Omit<Piece, 'left' | 'right'> = {}): Piece => ({
  left,
  right: '',
  ...more,
})
export const textOf = ({ left, right }: Piece): string => left + right
/** A list of pieces. Expanded packs without elements leave no comma. */
export const listOf = (pieces: readonly Piece[]): string =>
  pieces
    .map(textOf)
    .filter(text => text !== '')
    .join(', ')
