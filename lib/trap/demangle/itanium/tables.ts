/** The one- and two-letter codes of the Itanium C++ ABI: types, operators, abbreviations. */

/** @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangle.builtin-type */
export const builtins: ReadonlyMap<string, string> = new Map([
  ['v', 'void'],
  ['w', 'wchar_t'],
  ['b', 'bool'],
  ['c', 'char'],
  ['a', 'signed char'],
  ['h', 'unsigned char'],
  ['s', 'short'],
  ['t', 'unsigned short'],
  ['i', 'int'],
  ['j', 'unsigned int'],
  ['l', 'long'],
  ['m', 'unsigned long'],
  ['x', 'long long'],
  ['y', 'unsigned long long'],
  ['n', '__int128'],
  ['o', 'unsigned __int128'],
  ['f', 'float'],
  ['d', 'double'],
  ['e', 'long double'],
  ['g', '__float128'],
  ['z', '...'],
])

/** After `D`. */
export const moreBuiltins: ReadonlyMap<string, string> = new Map([
  ['d', 'decimal64'],
  ['e', 'decimal128'],
  ['f', 'decimal32'],
  ['h', 'half'],
  ['i', 'char32_t'],
  ['s', 'char16_t'],
  ['u', 'char8_t'],
  ['a', 'auto'],
  ['c', 'decltype(auto)'],
  ['n', 'std::nullptr_t'],
])

/** Suffixes of integer literals. Literals of other types are written as casts. */
export const suffixes: ReadonlyMap<string, string> = new Map([
  ['i', ''],
  ['j', 'u'],
  ['l', 'l'],
  ['m', 'ul'],
  ['x', 'll'],
  ['y', 'ull'],
])

/** After `S`: the name, its last part, and the name in full. */
export const abbreviations: ReadonlyMap<string, readonly [string, string, string]> = new Map([
  ['a', ['std::allocator', 'allocator', 'std::allocator']],
  ['b', ['std::basic_string', 'basic_string', 'std::basic_string']],
  [
    's',
    [
      'std::string',
      'basic_string',
      'std::basic_string<char, std::char_traits<char>, std::allocator<char>>',
    ],
  ],
  ['i', ['std::istream', 'basic_istream', 'std::basic_istream<char, std::char_traits<char>>']],
  ['o', ['std::ostream', 'basic_ostream', 'std::basic_ostream<char, std::char_traits<char>>']],
  ['d', ['std::iostream', 'basic_iostream', 'std::basic_iostream<char, std::char_traits<char>>']],
])

/** Precedences of expressions, the tightest first. */
export const Binds = Object.freeze({
  PRIMARY: 0,
  POSTFIX: 1,
  UNARY: 2,
  CAST: 3,
  MEMBER: 4,
  TIMES: 5,
  PLUS: 6,
  SHIFT: 7,
  SPACESHIP: 8,
  COMPARE: 9,
  EQUAL: 10,
  AND: 11,
  XOR: 12,
  OR: 13,
  BOTH: 14,
  EITHER: 15,
  CONDITION: 16,
  ASSIGN: 17,
  COMMA: 18,
  DEFAULT: 19,
})

type Form =
  | 'prefix'
  | 'postfix'
  | 'binary'
  | 'member'
  | 'index'
  | 'call'
  | 'new'
  | 'delete'
  | 'cast'
  | 'conditional'
  | 'of type'
  | 'of expression'
  | 'name'
export type Operator = readonly [symbol: string, form: Form, binds: number]

/** @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling-operator */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['aN', ['&=', 'binary', Binds.ASSIGN]],
  ['aS', ['=', 'binary', Binds.ASSIGN]],
  ['aa', ['&&', 'binary', Binds.BOTH]],
  ['ad', ['&', 'prefix', Binds.UNARY]],
  ['an', ['&', 'binary', Binds.AND]],
  ['at', ['alignof ', 'of type', Binds.UNARY]],
  ['aw', ['co_await ', 'name', Binds.PRIMARY]],
  ['az', ['alignof ', 'of expression', Binds.UNARY]],
  ['cc', ['const_cast', 'cast', Binds.POSTFIX]],
  ['cl', ['()', 'call', Binds.POSTFIX]],
  ['cm', [',', 'binary', Binds.COMMA]],
  ['co', ['~', 'prefix', Binds.UNARY]],
  ['dV', ['/=', 'binary', Binds.ASSIGN]],
  ['da', [' delete[]', 'delete', Binds.UNARY]],
  ['dc', ['dynamic_cast', 'cast', Binds.POSTFIX]],
  ['de', ['*', 'prefix', Binds.UNARY]],
  ['dl', [' delete', 'delete', Binds.UNARY]],
  ['ds', ['.*', 'member', Binds.MEMBER]],
  ['dt', ['.', 'member', Binds.POSTFIX]],
  ['dv', ['/', 'binary', Binds.ASSIGN]],
  ['eO', ['^=', 'binary', Binds.ASSIGN]],
  ['eo', ['^', 'binary', Binds.XOR]],
  ['eq', ['==', 'binary', Binds.EQUAL]],
  ['ge', ['>=', 'binary', Binds.COMPARE]],
  ['gt', ['>', 'binary', Binds.COMPARE]],
  ['ix', ['[]', 'index', Binds.POSTFIX]],
  ['lS', ['<<=', 'binary', Binds.ASSIGN]],
  ['le', ['<=', 'binary', Binds.COMPARE]],
  ['ls', ['<<', 'binary', Binds.SHIFT]],
  ['lt', ['<', 'binary', Binds.COMPARE]],
  ['mI', ['-=', 'binary', Binds.ASSIGN]],
  ['mL', ['*=', 'binary', Binds.ASSIGN]],
  ['mi', ['-', 'binary', Binds.PLUS]],
  ['ml', ['*', 'binary', Binds.TIMES]],
  ['mm', ['--', 'postfix', Binds.POSTFIX]],
  ['na', [' new[]', 'new', Binds.UNARY]],
  ['ne', ['!=', 'binary', Binds.EQUAL]],
  ['ng', ['-', 'prefix', Binds.UNARY]],
  ['nt', ['!', 'prefix', Binds.UNARY]],
  ['nw', [' new', 'new', Binds.UNARY]],
  ['oR', ['|=', 'binary', Binds.ASSIGN]],
  ['oo', ['||', 'binary', Binds.EITHER]],
  ['or', ['|', 'binary', Binds.OR]],
  ['pL', ['+=', 'binary', Binds.ASSIGN]],
  ['pl', ['+', 'binary', Binds.PLUS]],
  ['pm', ['->*', 'member', Binds.MEMBER]],
  ['pp', ['++', 'postfix', Binds.POSTFIX]],
  ['ps', ['+', 'prefix', Binds.UNARY]],
  ['pt', ['->', 'member', Binds.POSTFIX]],
  ['qu', ['?', 'conditional', Binds.CONDITION]],
  ['rM', ['%=', 'binary', Binds.ASSIGN]],
  ['rS', ['>>=', 'binary', Binds.ASSIGN]],
  ['rc', ['reinterpret_cast', 'cast', Binds.POSTFIX]],
  ['rm', ['%', 'binary', Binds.TIMES]],
  ['rs', ['>>', 'binary', Binds.SHIFT]],
  ['sc', ['static_cast', 'cast', Binds.POSTFIX]],
  ['ss', ['<=>', 'binary', Binds.SPACESHIP]],
  ['st', ['sizeof ', 'of type', Binds.UNARY]],
  ['sz', ['sizeof ', 'of expression', Binds.UNARY]],
  ['te', ['typeid ', 'of expression', Binds.POSTFIX]],
  ['ti', ['typeid ', 'of type', Binds.POSTFIX]],
])
