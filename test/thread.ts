/** A thread of a guest that has several, of which the others do nothing. */
import type { Guest } from '#lib/guest.js'
import type { Settings } from '#lib/options.js'
import { shareOf, threadOf } from '#lib/threads.js'
import { Verdict } from '#lib/verdict.js'

export function threadAlone(settings: Settings): Guest {
  const shared = shareOf(settings)
  const guest = threadOf(settings, new Verdict(), shared.sharing)
  return {
    ...guest,
    close() {
      guest.close()
      shared.close()
    },
  }
}
