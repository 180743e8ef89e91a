// Makes imports of some modules late: a function loads such a module when it first uses it.
import { dirname, resolve } from 'node:path'
import { parse } from 'acorn'
import { analyze } from 'eslint-scope'

/**
 * @typedef {{ type: string, start: number, end: number }} Node
 * @typedef {Node & { name: string }} Identifier
 * @typedef {Node & { source: { value: string } }} Import
 * @typedef {{ start: number, end: number, text: string }} Edit
 */

/**
 * @param {string} id the file that imports
 * @param {string} name
 */
const targetOf = (id, name) => (name.startsWith('.') ? resolve(dirname(id), name) : name)

/** @param {string} code */
const parsed = code =>
  parse(code, {
    ranges: true,
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowHashBang: true,
  })

/**
 * Rewrites imports. `import { a } from './m.js'` becomes a function that
 * requires `./m.js`, and each `a` becomes a property of its result. An import that is used outside
 * of functions stays as it is, since it is needed at once.
 * @param {(target: string, importer: string) => boolean} isLate tells of a file, or of the name of
 * one of Node's modules, if this importer loads it late
 * @returns {import('rollup').Plugin}
 */
export const lateImports = isLate => ({
  name: 'late-imports',
  transform(code, id) {
    const tree = parsed(code)
    const imports = /** @type {Import[]} */ (
      tree.body.filter(
        node =>
          node.type === 'ImportDeclaration' && isLate(targetOf(id, String(node.source.value)), id),
      )
    )
    if (imports.length === 0) return null
    const scopes = analyze(/** @type {any} */ (tree), { ecmaVersion: 2024, sourceType: 'module' })
    const places = placesOf(tree)
    const edits = imports.flatMap(node => editsOf(node, scopes, places))
    edits.sort((a, b) => b.start - a.start)
    return {
      code: edits.reduce(
        (text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end),
        code,
      ),
      map: null,
    }
  },
})

/**
 * The edits of one import: none, if it is needed at once.
 * @param {Import} node
 * @param {import('eslint-scope').ScopeManager} scopes
 * @param {ReturnType<typeof placesOf>} places
 * @returns {Edit[]}
 */
function editsOf(node, scopes, places) {
  const { value: file } = node.source
  const base = file.replace(/^node:|^.*\/|\.js$/g, '')
  const load = `load${base.replace(/(?:^|\W)(\w)/g, (_, letter) => letter.toUpperCase())}`
  const loaded = load.replace('load', 'loaded')
  /** @type {Edit[]} */
  const uses = []
  for (const variable of scopes.getDeclaredVariables(/** @type {any} */ (node))) {
    const [{ node: specifier }] = /** @type {{ node: { imported: Identifier } }[]} */ (
      /** @type {unknown} */ (variable.defs)
    )
    for (const { identifier, from } of variable.references) {
      if (!isInFunction(from)) return []
      const { name, start, end } = /** @type {Identifier} */ (/** @type {unknown} */ (identifier))
      const before = places.shorthands.has(start) ? `${name}: ` : ''
      const value = `${load}().${specifier.imported.name}`
      // `new a()` is `new (load().a)()`: without parentheses it would construct `load`.
      const text = places.constructed.has(start) ? `(${value})` : value
      uses.push({ start, end, text: before + text })
    }
  }
  const text = `let ${loaded};\nconst ${load} = () => (${loaded} ??= require('${file}'));`
  return [{ start: node.start, end: node.end, text }, ...uses]
}

/**
 * @param {import('eslint-scope').Scope | null} scope
 * @returns {boolean}
 */
const isInFunction = scope =>
  scope !== null && (scope.type === 'function' || isInFunction(scope.upper))

/**
 * The places of names that stand for a property and its value, and of those that are constructed.
 * @param {object} tree
 */
function placesOf(tree) {
  /** @type {Set<number>} */
  const shorthands = new Set()
  /** @type {Set<number>} */
  const constructed = new Set()
  /** @param {unknown} value */
  const visit = value => {
    if (value === null || typeof value !== 'object') return
    const { type, shorthand, value: inner, callee } = /** @type {any} */ (value)
    if (type === 'Property' && shorthand) shorthands.add(inner.start)
    if (type === 'NewExpression') constructed.add(callee.start)
    for (const each of Object.values(value)) visit(each)
  }
  visit(tree)
  return { shorthands, constructed }
}

/**
 * Removes the comments of a script, and the lines that hold nothing else.
 * @param {string} code
 */
export function withoutComments(code) {
  /** @type {import('acorn').Comment[]} */
  const comments = []
  parse(code, { ecmaVersion: 'latest', sourceType: 'script', onComment: comments })
  return comments.reduceRight((text, { start, end }) => {
    const [before] = /\n? *$/.exec(text.slice(0, start)) ?? ['']
    const alone = before.startsWith('\n') && text[end] === '\n'
    return text.slice(0, alone ? start - before.length : start) + text.slice(end)
  }, code)
}
