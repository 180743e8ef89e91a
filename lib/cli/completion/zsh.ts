/** The completion script of zsh. */
import { type CompletedFlag, commands, completedAmounts, completedFlags, shells } from './flags.js'

/** Escapes a description, within single quotes and brackets. */
const described = (text: string): string =>
  text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''")

const actions: Readonly<Record<NonNullable<CompletedFlag['argument']>, string>> = {
  directory: ':directory:_directories',
  file: ':file:_files',
  words: '',
  text: ':argument: ',
}

function spec({ flag, doc, argument, optional, many, words }: CompletedFlag): string {
  const action = argument === 'words' ? `:word:(${words.join(' ')})` : argument && actions[argument]
  const rest = action === undefined ? '' : optional ? `:${action}` : action
  const equals = action === undefined ? '' : optional ? '=-' : '='
  return `'${many ? '*' : ''}${flag}${equals}[${described(doc)}]${rest}'`
}

export function zsh(): string {
  return `#compdef wasi-common
# zsh completion of wasi-common. To use it:
#   source <(wasi-common completion zsh)
# or save it as _wasi-common in a directory of $fpath.

_wasi_common() {
  local curcontext=$curcontext state line first=1
  typeset -A opt_args
  if [[ $words[2] == completion && $CURRENT -gt 2 ]]; then
    [[ $CURRENT == 3 ]] && compadd ${shells.join(' ')}
    return
  fi
  if [[ $words[2] == run && $CURRENT -gt 2 ]]; then
    words[2]=()
    (( CURRENT-- ))
    first=
  fi
  _arguments -S -A '-*' \\
${completedFlags.map(flag => `    ${spec(flag)} \\`).join('\n')}
    '*-W+[set a limit]:limit:->limit' \\
    '--version[print the version]' \\
    '1:program:->program' \\
    '*:argument:_files'
  case $state in
    limit)
      local -a limits=(
${completedAmounts.map(({ name, doc }) => `        '${name}:${described(doc)}'`).join('\n')}
      )
      _describe limit limits -qS = ;;
    program)
      _files -g '*.(wasm|WASM)(-.)'
      if [[ $first && $CURRENT == 2 ]]; then
        local -a commands=(${commands.map(([word, doc]) => `'${word}:${described(doc)}'`).join(' ')})
        _describe command commands
      fi ;;
  esac
}

if [[ $funcstack[1] == _wasi-common ]]; then
  _wasi_common "$@"
else
  compdef _wasi_common wasi-common
fi
`
}
