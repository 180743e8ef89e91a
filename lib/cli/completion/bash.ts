/** The completion script of bash, from version 3.2 on. */
import { commands, completedAmounts, completedFlags, shells } from './flags.js'

const names = (flags: readonly { readonly flag: string }[]): string =>
  flags.map(({ flag }) => flag).join(' ')
const pattern = (flags: readonly { readonly flag: string }[]): string =>
  flags.map(({ flag }) => flag).join('|')

/**
 * Bash breaks words at `=` and `:`. The script joins them again: what follows `=` is the argument of
 * the flag before it, and what follows `:` belongs to the word before it.
 */
export function bash(): string {
  const separate = completedFlags.filter(({ argument, optional }) => argument && !optional)
  const kinds = [
    ...completedFlags
      .filter(({ argument }) => argument === 'words')
      .map(
        ({ flag, words }) =>
          `    ${flag})\n      COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur")) ;;`,
      ),
    `    ${pattern(completedFlags.filter(({ argument }) => argument === 'directory'))})
      _wasi_common_files -d ;;`,
    `    ${pattern(completedFlags.filter(({ argument }) => argument === 'file'))})
      _wasi_common_files -f ;;`,
    `    -W)
      [[ $equals ]] && return
      COMPREPLY=($(compgen -W '${completedAmounts.map(({ name }) => `${name}=`).join(' ')}' -- "$cur"))
      compopt -o nospace 2>/dev/null ;;`,
  ]
  return `# bash completion of wasi-common. To use it:
#   source <(wasi-common completion bash)

# The files, or with -d the directories, that begin with the word at the cursor.
_wasi_common_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$@" -- "$cur"))
  compopt -o filenames 2>/dev/null
}

_wasi_common() {
  local cur=\${COMP_WORDS[COMP_CWORD]} word i last= pending= equals= colon= first=1
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      =) pending=$last equals=1; continue ;;
      :*) colon=1; continue ;;
    esac
    if [[ $colon ]]; then colon=; continue; fi
    if [[ $pending ]]; then pending= equals=; continue; fi
    case $word in
      run)
        if [[ $i == 1 ]]; then first=; continue; fi
        return ;;
      completion)
        if [[ $i == 1 && $COMP_CWORD == 2 ]]; then pending=completion; continue; fi
        return ;;
      --) last= pending=-- ;;
      -W|${pattern(separate)})
        last=$word pending=$word ;;
      -?*) last=$word ;;
      # The program: what follows it is for the guest.
      *) return ;;
    esac
    [[ $pending == completion ]] || first=
  done
  case $cur in
    =) pending=$last equals=1 cur= ;;
    :*) return ;;
  esac
  # The name that the guest gets, or the mode.
  [[ $colon ]] && return
  case $pending in
    completion)
      COMPREPLY=($(compgen -W '${shells.join(' ')}' -- "$cur"))
      return ;;
${kinds.join('\n')}
    ''|--)
      if [[ $cur == -* && ! $pending ]]; then
        COMPREPLY=($(compgen -W '${names(completedFlags)} -W' -- "$cur"))
        [[ $first ]] && COMPREPLY+=($(compgen -W '--version' -- "$cur"))
        return
      fi
      local IFS=$'\\n'
      COMPREPLY=($(compgen -f -X '!*.[wW][aA][sS][mM]' -- "$cur") $(compgen -d -- "$cur"))
      compopt -o filenames 2>/dev/null
      IFS=' '
      [[ $first ]] && COMPREPLY+=($(compgen -W '${commands.map(([word]) => word).join(' ')}' -- "$cur")) ;;
  esac
}

complete -o bashdefault -o default -F _wasi_common wasi-common
`
}
