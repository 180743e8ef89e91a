/** Checks the option `imports`: the ES module that gives a guest functions of the embedder. */
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isURL, wrongType, wrongValue } from '../../validate.js'

/** The checked options before this one. */
interface Earlier {
  readonly isolation: 'worker' | 'process'
}

/**
 * Returns the module as a file: URL, which a worker imports.
 * @throws TypeError for a value that names no file, and with `isolation: 'process'`
 */
export function importsOf(name: string, value: unknown, { isolation }: Earlier): string {
  const url = urlOf(name, value)
  if (isolation === 'process')
    throw wrongValue(
      name,
      "must be left out when options.isolation is 'process', which runs no code of yours",
      value,
    )
  return url
}

/** A scheme has at least two letters: one is a drive of Windows. */
const scheme = /^[a-z][a-z\d+.-]+:/i

function urlOf(name: string, value: unknown): string {
  const isText = typeof value === 'string'
  if (!isText && (typeof value !== 'object' || value === null || !isURL(value)))
    throw wrongType(name, 'a path, or a file: URL as a string or an instance of URL', value)
  if (isText && !scheme.test(value)) {
    if (value !== '' && !value.includes('\0')) return pathToFileURL(resolve(value)).href
    throw wrongValue(name, 'must be a path without NUL characters', value)
  }
  const { href } = isText ? new URL(value) : value
  try {
    return pathToFileURL(fileURLToPath(href)).href
  } catch (cause) {
    throw wrongValue(name, `must name a file: ${(cause as Error).message}`, href)
  }
}
