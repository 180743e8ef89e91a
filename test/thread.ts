/** A thread of a guest that has several, of which the others do nothing. */
import type { Guest } from '#lib/guest/guest.js'
import { shareOf, threadOf } from '#lib/guest/threads.js'
import type { Settings } from '#lib/options/settings.js'
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
