// Runs the tests of Go's standard library, built for wasip1, by the command: on the native and the
// typescript backend, and in an overlay.
//
//   npm run test:go                  the packages that reach the host
//   npm run test:go -- os strings    these packages
//   npm run test:go -- --way native  in one of the ways: native, typescript, overlay
//
// Needs Go 1.24 or newer; without it nothing runs, which is no error.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runTests } from './go/run.js'
import { known, packages, recursing, ways } from './go/table.js'
import { build, copySources, findGo, oldest } from './go/toolchain.js'
import { inTurns } from './shared/run.js'

const { values, positionals } = parseArgs({
  options: { way: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const wanted = positionals.length > 0 ? positionals : packages
const chosen = values.way ?? Object.keys(ways)
for (const way of chosen)
  if (!Object.hasOwn(ways, way))
    throw new Error(`--way ${way}: expected one of ${Object.keys(ways).join(', ')}`)

const go = findGo()
if (go === undefined) {
  console.log(
    `Go's own tests were not run: they need Go ${oldest.join('.')} or newer as \`go\` in the PATH`,
  )
} else {
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-go-'))
  try {
    console.log(`${go.version}: building the tests of ${wanted.length} packages`)
    build(go, wanted, folder)
    copySources(go, wanted, folder)
    const jobs = chosen.flatMap((way, i) =>
      wanted
        .filter(name => i === 0 || !recursing.includes(name))
        .map(name => () => tell(way, name, folder)),
    )
    await inTurns(os.availableParallelism(), jobs)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} way
 * @param {string} name a package of Go
 * @param {string} folder for its binary and sources
 */
async function tell(way, name, folder) {
  const { passed, failed, seconds, error, output } = await runTests(ways[way] ?? [], name, folder)
  const meant = known.filter(row => row.way === way && row.name === name)
  const mine = failed.filter(test => !meant.some(row => row.test === test))
  const excepted = failed.length - mine.length
  const counts = [`${passed} passed`, `${mine.length} failed`]
  if (excepted > 0) counts.push(`${excepted} as known`)
  console.log(`${way} ${name}: ${counts.join(', ')} (${seconds.toFixed(1)} s)`)
  if (mine.length === 0 && error === undefined) return
  console.error(`${way} ${name}: ${error ?? mine.join(', ')}\n${excerpt(output)}`)
  process.exitCode = 1
}

/**
 * The lines before each failure, which say more of it than those after, and the last ones.
 * @param {string} output
 */
function excerpt(output) {
  const lines = output.split('\n')
  /** @param {number} i */
  const near = i =>
    i >= lines.length - 20 || lines.slice(i, i + 20).some(line => line.includes('--- FAIL'))
  return lines.filter((_, i) => near(i)).join('\n')
}
