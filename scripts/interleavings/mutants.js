// Wrong walks: each row changes native/resolve.cc by text, and says which promise an enumeration
// must then find broken.
//
// `changes` is how many changes by the guest that takes: with fewer, the walk must pass, which
// shows that nothing else finds it. A trusting host (`host=takes-paths`) judges a walk only by the
// directories that it gets to, not by its questions.

const asksForParent = 'const Answer up = tree.enter(stack.top(), ".."); if (up < 0) return up;'
const counts =
  'if (stack.at_root()) tree.leave(static_cast<Directory>(up)); ' +
  'else { stack.pop(); stack.push(static_cast<Directory>(up)); }'
const singleNames = 'the host is asked for single names only, never for `..`'
const escapes = 'no directory outside the root is entered'
const answers = 'without changes, the walk answers as the reference does'
const leaks = 'each directory that was entered is left once'

/**
 * @typedef {object} Mutant
 * @property {string} title
 * @property {readonly [from: string, to: string]} [patch] none where the host alone is another one
 * @property {string[]} [words] of the program
 * @property {number} [changes]
 * @property {string} breaks the promise
 */
/** @type {Mutant[]} */
export const mutants = [
  {
    title: '`..` asks the host',
    patch: [
      'stack.pop();',
      `{ ${asksForParent} stack.pop(); stack.push(static_cast<Directory>(up)); }`,
    ],
    breaks: singleNames,
  },
  {
    title: '`..` asks the host, which answers',
    patch: [
      'stack.pop();',
      `{ ${asksForParent} stack.pop(); stack.push(static_cast<Directory>(up)); }`,
    ],
    words: ['host=takes-paths'],
    breaks: escapes,
  },
  {
    title: '`..` asks the host, which answers, as often as it went down',
    patch: ['stack.pop();', `{ ${asksForParent} stack.pop(); ${counts} }`],
    words: ['host=takes-paths'],
    changes: 1,
    breaks: escapes,
  },
  {
    title: 'a last `..` is left to the host',
    patch: ['if (is(name, size, "..")) {', 'if (is(name, size, "..") && !last) {'],
    breaks: answers,
  },
  {
    title: '`..` leaves the root',
    patch: ['if (stack.at_root()) return refuse(Errno::NotCapable);', ''],
    breaks: 'the root is not left',
  },
  {
    title: 'the host enters symlinks',
    words: ['host=follows-links'],
    breaks: escapes,
  },
  {
    title: 'a symlink is entered by its target',
    patch: [
      'const Answer entered = tree.enter(stack.top(), resolved.name);',
      `Answer entered = tree.enter(stack.top(), resolved.name);
       if (entered < 0) {
         char target[max_path + 1];
         const Answer length = tree.read_link(stack.top(), resolved.name, target, max_path);
         if (length >= 0) { target[length] = 0; entered = tree.enter(stack.top(), target); }
       }`,
    ],
    words: ['host=takes-paths'],
    breaks: escapes,
  },
  {
    title: 'a name is found to be no symlink, then entered by a host that enters symlinks',
    patch: [
      'const Answer entered = tree.enter(stack.top(), resolved.name);',
      `{
         const Answer looked = expand(behind);
         if (looked == 0) continue;
         if (looked != refuse(Errno::Inval)) return looked;
       }
       const Answer entered = tree.enter(stack.top(), resolved.name);`,
    ],
    words: ['host=follows-links'],
    changes: 1,
    breaks: escapes,
  },
  {
    title: 'a name is found to be a directory, then entered by its path',
    patch: [
      'const Answer entered = tree.enter(stack.top(), resolved.name);',
      `Answer entered = tree.enter(stack.top(), resolved.name);
       if (entered >= 0) {
         tree.leave(static_cast<Directory>(entered));
         const char path[] = {resolved.name[0], '/', '.', 0};
         entered = tree.enter(stack.top(), path);
       }`,
    ],
    words: ['host=takes-paths'],
    changes: 2,
    breaks: escapes,
  },
  {
    title: 'an absolute path is relative to where it is',
    patch: [
      'if (size == 0) return refuse(Errno::NotCapable);',
      'if (size == 0) { if (last) return dot(stack, resolved); pending.skip_to(next); continue; }',
    ],
    breaks: answers,
  },
  {
    title: 'a directory stays open when the walk ends',
    patch: ['while (depth_ > 0) pop();', 'while (depth_ > 1) pop();'],
    breaks: leaks,
  },
  {
    title: '`..` keeps the directory open',
    patch: ['tree_.leave(directories_[depth_--]);', '--depth_;'],
    breaks: leaks,
  },
  {
    title: 'the directory of the resolved parent is left by the walk, too',
    patch: ['if (resolved.owned) --depth_;', ''],
    breaks: 'a directory is not used after it was left',
  },
  {
    title: 'the resolved parent owns the root',
    patch: ['resolved.owned = !at_root();', 'resolved.owned = true;'],
    breaks: 'the root is not left',
  },
  {
    title: 'symlinks are not counted',
    patch: ['if (++links > max_links) return refuse(Errno::Loop);', ''],
    breaks: 'the number of questions is bounded',
  },
  {
    title: 'a slash at the end is forgotten',
    patch: ['resolved.must_be_directory = slash;', ''],
    words: ['every-how'],
    breaks: 'without changes, the walk requires a directory as the reference does',
  },
]
