// A registry on this machine's own address, which serves only the tarballs that it was given:
// package managers treat those as packages from a registry, and reach no other.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'

/**
 * @typedef {{ record: { name: string, version: string }, file: string }} Package a package.json and
 *   the path of a tarball
 */

/** Long enough ago for a manager that lets new versions wait. */
const published = '2026-01-01T00:00:00.000Z'

/**
 * @param {Package} one
 * @param {string} origin
 */
function distOf({ record, file }, origin) {
  const bytes = readFileSync(file)
  /** @type {(algorithm: string, encoding: 'hex' | 'base64') => string} */
  const hash = (algorithm, encoding) => createHash(algorithm).update(bytes).digest(encoding)
  return {
    tarball: `${origin}/${record.name}/-/${basename(file)}`,
    integrity: `sha512-${hash('sha512', 'base64')}`,
    shasum: hash('sha1', 'hex'),
  }
}

/**
 * @param {[Package, ...Package[]]} packages the versions of one
 * @param {string} origin
 */
function packument(packages, origin) {
  const versions = packages.map(
    one =>
      /** @type {const} */ ([one.record.version, { ...one.record, dist: distOf(one, origin) }]),
  )
  return {
    name: packages[0].record.name,
    'dist-tags': { latest: packages[0].record.version },
    versions: Object.fromEntries(versions),
    time: {
      created: published,
      modified: published,
      ...Object.fromEntries(versions.map(([version]) => [version, published])),
    },
  }
}

/**
 * Resolves with the address of a registry of such packages, `{ record, file }`, and a function that
 * closes it.
 * @param {Package[]} packages
 */
export async function serve(packages) {
  const server = createServer((request, response) => {
    const [name, tarball] = decodeURIComponent(request.url ?? '/')
      .slice(1)
      .split('/-/')
    const [first, ...others] = packages.filter(
      ({ record, file }) => record.name === name && (tarball ?? basename(file)) === basename(file),
    )
    /** @type {(status: number, type: string, body: string | Buffer) => void} */
    const answer = (status, type, body) =>
      response.writeHead(status, { 'content-type': type }).end(body)
    if (first === undefined) answer(404, 'application/json', '{}')
    else if (tarball === undefined)
      answer(
        200,
        'application/json',
        JSON.stringify(packument([first, ...others], `http://${request.headers.host}`)),
      )
    else answer(200, 'application/octet-stream', readFileSync(first.file))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const close = () => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

/**
 * Resolves with packages for `serve`, packed from folders of node_modules, whose files a lock has
 * checked.
 * @param {Pick<import('../pack-check.js').Context, 'npm' | 'run' | 'work'>} context
 * @param {string[]} folders
 * @returns {Promise<Package[]>}
 */
export async function packages({ npm, run, work }, folders) {
  const args = [npm, 'pack', '--json', '--ignore-scripts', '--pack-destination', work, ...folders]
  /** @type {{ filename: string }[]} */
  const packed = JSON.parse(await run('npm pack', process.execPath, args, { cwd: work }))
  return packed.map(({ filename }, index) => ({
    record: JSON.parse(readFileSync(join(folders[index] ?? '', 'package.json'), 'utf8')),
    file: join(work, filename),
  }))
}
