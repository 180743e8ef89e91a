/**
 * The table of differences from node:wasi in docs/migrating.md, made from the rows. Run by itself,
 * it prints the table.
 */
import { differences } from './differences.js'

export const markers = ['<!-- differences -->', '<!-- /differences -->'] as const

export function table(): string {
  const rows = differences
    .filter(({ documented }) => documented)
    .map(({ what, node, ours }) => `| ${what} | ${node} | ${ours} |\n`)
  return `| | node:wasi | wasi-common |\n|---|---|---|\n${rows.join('')}`
}

if (process.argv[1] === import.meta.filename) process.stdout.write(table())
