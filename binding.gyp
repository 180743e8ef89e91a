{
  # npm does not pack this file: at the root of a package, it would have package managers run node-gyp when they install it.
  'includes': ['native/addon.gypi'],
}
