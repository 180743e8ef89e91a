// The versions of Node, Bun and Deno that the scripts and the workflows test on, from
// scripts/versions.json.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'

/**
 * @typedef {object} Versions
 * @property {{ oldest: string, tested: string[], wine: string, arm64: string }} node
 * @property {string} bun
 * @property {string} deno
 */
/** @type {Versions} */
export const versions = JSON.parse(readFileSync(join(root, 'scripts/versions.json'), 'utf8'))
