// Knows whose code becomes part of what is prebuilt, and under which licence: the package carries
// their texts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'
import { zigPackage } from './tools.js'

const parts = [
  [
    'LLVM’s libc++, libc++abi, libunwind and compiler-rt, in all but those for macOS',
    join(zigPackage, 'lib/libcxx/LICENSE.TXT'),
  ],
  [
    'node-addon-api, in each wasi_common.node',
    join(root, 'node_modules/node-addon-api/LICENSE.md'),
  ],
  ['musl, in wasi-common-sandbox', join(zigPackage, 'lib/libc/musl/COPYRIGHT')],
  ['mingw-w64, in those for Windows', join(zigPackage, 'lib/libc/mingw/COPYING')],
  [
    'Zig, whose start-up code and parts of compiler-rt are in all but those for macOS',
    join(zigPackage, 'LICENSE'),
  ],
]

export const licences = () =>
  `What is prebuilt contains, beside this package, parts of the following.\n${parts
    .map(
      ([what, path]) =>
        `\n${'='.repeat(80)}\n${what}\n${'='.repeat(80)}\n\n${readFileSync(path, 'utf8').trim()}\n`,
    )
    .join('')}`
