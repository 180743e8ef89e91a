/** Where this package lies: two folders above, both as it is compiled, in dist/sys/, and as it is shipped, in dist/bundle/. */
export const root = new URL('../../', import.meta.url)
