/**
 * Components of JavaScript, which jco's componentize makes on the StarlingMonkey engine: they import
 * WASI 0.2 without an adapter.
 */
import test from 'ava'
import { componentOfJavaScript } from '#guests/components.js'
import { allBindings, load, runLoaded } from './fixture.js'

const wit = `package local:guest;
interface shop {
  record item { name: string, price: f64, tags: list<string> }
  variant failure { empty, too-many(u32) }
  total: func(items: list<item>) -> result<f64, failure>;
}
world guest {
  export shop;
  export greet: func(name: string) -> string;
  export look: func() -> string;
  export say: func(text: string);
}`
const source = `
export const greet = name => \`héllo \${name}\`
export const shop = {
  total(items) {
    if (items.length === 0) throw { tag: 'empty' }
    if (items.length > 2) throw { tag: 'too-many', val: items.length }
    return items.reduce((sum, { price, tags }) => sum + price * tags.length, 0)
  },
}
export const look = () => JSON.stringify({
  year: new Date().getUTCFullYear(),
  now: performance.now() >= 0,
  random: [Math.random(), Math.random()],
  bytes: crypto.getRandomValues(new Uint8Array(8)).length,
  uuid: crypto.randomUUID(),
  process: typeof process,
  fetch: typeof fetch,
})
export const say = text => { console.log(text); console.error('error ' + text) }
`

interface Guest {
  greet(name: string): string
  look(): string
  say(text: string): void
  shop: { total(items: { name: string; price: number; tags: string[] }[]): number }
}

for (const bindings of allBindings) {
  const made = async () =>
    load(await componentOfJavaScript(source, wit, ['http', 'fetch-event']), bindings)
  const title = (text: string): string => `a component of JavaScript ${text} (${bindings})`

  test.serial(title('exchanges strings, records and results'), async t => {
    t.timeout(300_000)
    runLoaded(await made(), {}, exports => {
      const { greet, shop } = exports as unknown as Guest
      t.is(greet('wörld'), 'héllo wörld')
      const item = (price: number, ...tags: string[]) => ({ name: 'x', price, tags })
      t.is(shop.total([item(1.5, 'a', 'b'), item(2, 'c')]), 5)
      const failed = t.throws(() => shop.total([])) as { payload?: unknown } | undefined
      t.deepEqual(failed?.payload, { tag: 'empty' })
    })
  })

  test.serial(title('has clocks and randomness'), async t => {
    t.timeout(300_000)
    const looks: Record<string, unknown>[] = []
    const look = (exports: Record<string, unknown>): void => {
      looks.push(JSON.parse((exports as unknown as Guest).look()))
    }
    const instantiate = await made()
    runLoaded(instantiate, {}, look)
    const [seen] = looks
    t.is(seen?.year, new Date().getUTCFullYear())
    t.true(seen?.now)
    t.is(seen?.bytes, 8)
    t.is(seen?.process, 'undefined')
    t.regex(`${seen?.uuid}`, /^[0-9a-f]{8}-/)
    for (const _ of [1, 2])
      runLoaded(instantiate, { deterministic: { seed: 7, start: new Date('2001-01-01') } }, look)
    t.is(looks[1]?.year, 2001)
    t.deepEqual(looks[1], looks[2])
  })

  test.serial(title('prints by console.log and console.error'), async t => {
    t.timeout(300_000)
    const ran = runLoaded(await made(), {}, exports => {
      ;(exports as unknown as Guest).say('tëxt')
    })
    t.deepEqual(ran, { exitCode: 0, stdout: 'tëxt\n', stderr: 'error tëxt\n' })
  })

  test.serial(title('with all features has no network'), async t => {
    t.timeout(300_000)
    const wit = 'package local:guest; world guest { export load: func(url: string) -> string; }'
    const source = `export const load = url => fetch(url).then(() => 'loaded', error => String(error))`
    const instantiate = load(await componentOfJavaScript(source, wit), bindings)
    const answers: string[] = []
    const { stderr } = runLoaded(await instantiate, {}, exports => {
      const { load } = exports as { load(url: string): string }
      answers.push(load('http://127.0.0.1:1/'), load('https://example.com/'))
    })
    t.is(stderr, '')
    for (const answer of answers) t.regex(answer, /^(Type)?Error: (NetworkError|fetch_https)/)
    t.is(answers.length, 2)
  })
}
