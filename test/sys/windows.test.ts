/** The names that the typescript backend refuses on Windows. */
import test from 'ava'
import { elsewhere, refuseOddName, slashed } from '#lib/sys/typescript/windows.js'

const odd = [
  'a:b',
  'f::$DATA',
  'C:',
  'a\\b',
  '..\\x',
  'a/b',
  'trailing.',
  'trailing ',
  '...',
  ' ',
  'CON',
  'con.txt',
  'AUX.a.b',
  'nul',
  'NUL .txt',
  'COM1',
  'com9.log',
  'LPT0',
  'CONIN$',
  'conout$',
  'a*',
  'a?',
  '"',
  '<',
  '>',
  '|',
  'a\nb',
  '\x1f',
  Buffer.from('COM¹').toString('latin1'),
  Buffer.from('lpt³.txt').toString('latin1'),
]
const plain = [
  '.',
  'a',
  'a.b',
  '.hidden',
  'a b',
  'CONSOLE',
  'COM',
  'COM10',
  'xCON',
  'auxiliary.c',
  'nul_',
  Buffer.from('日本語').toString('latin1'),
]

test('names that Windows takes for something else are refused', t => {
  for (const name of odd)
    t.throws(() => refuseOddName(name), { code: 'EINVAL' }, JSON.stringify(name))
})
test('other names pass', t => {
  for (const name of plain) t.notThrows(() => refuseOddName(name), JSON.stringify(name))
})
test('link targets of Windows', t => {
  t.is(slashed('..\\a\\b'), '../a/b')
  for (const target of ['\\a', '/a', 'C:\\a', 'c:a', '\\\\server\\share', '\\\\?\\C:\\'])
    t.true(elsewhere(target), target)
  for (const target of ['a', '..\\a', 'a:b']) t.is(elsewhere(target), target === 'a:b', target)
})
