// The versions of Node, Bun and Deno that the scripts and the workflows test on, from versions.json.
import { readFileSync } from 'node:fs'

export const versions = JSON.parse(readFileSync(new URL('versions.json', import.meta.url), 'utf8'))
