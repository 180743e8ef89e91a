// The entry points that programs import, as paths below lib/ without an ending.

/** The modules of lib/preview2/ that package.json exports, by their names there. */
export const preview2 = [
  'index',
  'cli',
  'clocks',
  'filesystem',
  'http',
  'instantiation',
  'io',
  'random',
  'sockets',
]
export const doors = [
  'index',
  'register',
  'register/typescript',
  ...preview2.map(name => `preview2/${name}`),
]
