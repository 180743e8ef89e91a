// The packages of Go that are tested, the ways to run them, and the tests that fail for a reason of
// ours.

/** Those that reach the host, or recurse deeper than most programs do. */
export const packages = [
  'os',
  'os/exec',
  'io',
  'io/fs',
  'path/filepath',
  'syscall',
  'internal/poll',
  'net',
  'archive/tar',
  'regexp',
  'testing/fstest',
  'log/slog',
]
/** Those that recurse, and ask hardly anything of the host: the first way runs them. */
export const recursing = ['regexp', 'log/slog']

/**
 * Words of the command, by the name of a way. The whole file system is given, as Go's builders do.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const ways = {
  native: ['--backend', 'native', '--dir', '/'],
  typescript: ['--backend', 'typescript', '--dir', '/'],
  overlay: ['--backend', 'native', '--overlay', '/'],
}

/** Tests that may fail. Other names that fail are errors. */
export const known = [
  {
    way: 'typescript',
    name: 'os',
    test: 'TestRootChtimes',
    why: 'node:fs sets times to the microsecond',
  },
  {
    way: 'typescript',
    name: 'os',
    test: 'TestChtimesOmit',
    why: 'node:fs sets times to the microsecond',
  },
  { way: 'overlay', name: 'os', test: 'TestOpenFileDevNull', why: 'an overlay opens no device' },
  { way: 'overlay', name: 'os', test: 'TestDevNullFile', why: 'an overlay opens no device' },
]
