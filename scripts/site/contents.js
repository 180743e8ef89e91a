// The pages of the site: sections and titles of its sidebar, with the file of each in the
// repository.

/**
 * @typedef {readonly [source: string, title: string]} Page the file, from the root
 * @typedef {readonly [title: string, pages: readonly Page[]]} Section
 */

/** @type {readonly Section[]} */
export const sections = [
  [
    'Start',
    [
      ['docs/getting-started.md', 'Getting started'],
      ['docs/doors.md', 'Choosing a door'],
      ['docs/migrating.md', 'Moving from node:wasi'],
      ['docs/installing.md', 'Installing'],
    ],
  ],
  [
    'Guides',
    [
      ['docs/files.md', 'Files'],
      ['docs/streams.md', 'Streams'],
      ['docs/spawn.md', 'A live guest'],
      ['docs/instantiate.md', 'Reactors and calls'],
      ['docs/components.md', 'Components'],
      ['docs/snapshots.md', 'Warm guests'],
      ['docs/imports.md', 'Imports of your own'],
      ['docs/threads.md', 'Threads'],
      ['docs/sockets.md', 'Sockets'],
      ['docs/deterministic.md', 'Reproducible runs'],
      ['docs/trace.md', 'Tracing'],
      ['docs/traps.md', 'Traps'],
      ['docs/strict.md', 'Strict mode'],
      ['docs/os-sandbox.md', 'The OS sandbox'],
      ['docs/permissions.md', 'Permissions and switches'],
      ['docs/embedding.md', 'Without WebAssembly'],
      ['docs/bundlers.md', 'Bundlers'],
      ['docs/agent.md', 'Code for agents'],
      ['docs/http.md', 'A guest for each request'],
      ['docs/queue.md', 'Many machines'],
      ['docs/troubleshooting.md', 'Troubleshooting'],
    ],
  ],
  [
    'Reference',
    [
      ['docs/command.md', 'The command'],
      ['docs/options.md', 'Options'],
      ['docs/limits.md', 'Limits'],
      ['docs/errors.md', 'Error codes'],
      ['docs/platforms.md', 'Platforms'],
      ['docs/benchmarks.md', 'Benchmarks'],
      ['docs/reference/index.md', 'API'],
    ],
  ],
  [
    'Background',
    [
      ['docs/how-it-works.md', 'How the sandbox works'],
      ['SECURITY.md', 'Security'],
      ['RATIONALE.md', 'Rationale'],
      ['CONTRIBUTING.md', 'Contributing'],
      ['CHANGELOG.md', 'Changelog'],
    ],
  ],
]

export const repository = 'https://github.com/wasi-common/wasi-common'

/**
 * The path of a page on the site.
 * @param {string} source
 */
export const pathOf = source => source.replace(/^docs\//, '').toLowerCase()
