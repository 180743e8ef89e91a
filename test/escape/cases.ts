/** All attacks. */
import type { Case } from './case.js'
import { files } from './cases/files.js'
import { log } from './cases/log.js'
import { names } from './cases/names.js'
import { numbers } from './cases/numbers.js'
import { readOnly } from './cases/readonly.js'
import { missingRights } from './cases/rights.js'
import { byPath } from './techniques.js'

export const cases: readonly Case[] = [
  ...byPath,
  ...readOnly,
  ...missingRights,
  ...numbers,
  ...names,
  ...files,
  ...log,
]
