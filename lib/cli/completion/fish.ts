/** The completion script of fish. */
import { type CompletedFlag, commands, completedAmounts, completedFlags, shells } from './flags.js'

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

const start = 'complete -c wasi-common'
function line({ flag, doc, argument, optional, words }: CompletedFlag): string {
  const kinds = {
    directory: "-x -a '(__fish_complete_directories)'",
    file: '-r -F',
    words: `-x -a ${quoted(words.join(' '))}`,
    text: '-x',
  }
  const rest = argument === undefined || optional ? '' : ` ${kinds[argument]}`
  return `${start} -n __wasi_common_before_program -l ${flag.slice(2)}${rest} -d ${quoted(doc)}`
}

export function fish(): string {
  const separate = completedFlags.filter(({ argument, optional }) => argument && !optional)
  // Fish evaluates this text, in which \t is a tab, when it completes.
  const amounts = completedAmounts.map(({ name, doc }) => `${name}=\\t${quoted(doc)}`).join(' ')
  return `# fish completion of wasi-common. To use it:
#   wasi-common completion fish | source

# True while the word at the cursor may be an option of wasi-common, or the program.
function __wasi_common_before_program
    set -l words (commandline -opc)
    set -e words[1]
    test "$words[1]" = completion; and return 1
    test "$words[1]" = run; and set -e words[1]
    set -l skip
    for word in $words
        if set -q skip[1]
            set skip
            continue
        end
        switch $word
            case -W ${separate.map(({ flag }) => flag).join(' ')}
                set skip 1
            case '-?*'
            case '*'
                return 1
        end
    end
    return 0
end

${completedFlags.map(line).join('\n')}
${start} -n __wasi_common_before_program -s W -x -a "${amounts}" -d 'set a limit'
${start} -n __fish_use_subcommand -l version -d 'print the version'
${commands.map(([word, doc]) => `${start} -n __fish_use_subcommand -a ${word} -d ${quoted(doc)}`).join('\n')}
${start} -n __wasi_common_before_program -k -a '(__fish_complete_suffix .wasm)'
${start} -n '__fish_seen_subcommand_from completion' -x -a ${quoted(shells.join(' '))}
`
}
