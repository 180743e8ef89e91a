/** Conversion of the host's times to a guest's: unsigned nanoseconds since 1970. */

const latest = 2n ** 64n - 1n

/**
 * Clamps a time: earlier than 1970 becomes 1970, and later than 2554 the last that fits.
 * native/posix/filestat.cc and native/windows/disk.cc do the same.
 */
export function guestTime(nanoseconds: bigint): bigint {
  if (nanoseconds < 0n) return 0n
  return nanoseconds > latest ? latest : nanoseconds
}
