/** Completion scripts, made from the commands that the program really has. */
import type { Command } from 'commander'

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof shells)[number]

interface Word {
  text: string
  description: string
}

/** What may follow a command. `path`: the words after the program's name, empty for the program itself. */
interface Place {
  path: string
  words: Word[]
}

export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, [])
  return { bash, zsh, fish, powershell }[shell](program.name(), places)
}

function placesOf(command: Command, path: string[]): Place[] {
  const commands = command.commands.map((inner) => ({ text: inner.name(), description: inner.description() }))
  const choices = command.name() === 'completions' ? shells.map((text) => ({ text, description: '' })) : []
  const options = optionsOf(command)
  return [
    { path: path.join(' '), words: [...commands, ...choices, ...options] },
    ...command.commands.flatMap((inner) => placesOf(inner, [...path, inner.name()])),
  ]
}

/** The options of a command, its parents' too, since they may stand anywhere. */
function optionsOf(command: Command): Word[] {
  const own = command.options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : []))
  const parents = command.parent ? optionsOf(command.parent) : [{ text: '--help', description: 'explain' }]
  // The version is asked of the program, not of a command.
  return [...own, ...parents.filter(({ text }) => text !== '--version')]
}

const words = ({ words: all }: Place): string => all.map(({ text }) => text).join(' ')
const functionName = (name: string): string => `_${name.replaceAll('-', '_')}`

/** The commands among the words typed so far, joined by spaces, are the place; file names come by themselves. */
function bash(name: string, places: Place[]): string {
  const paths = places.map(({ path }) => path).filter((path) => path !== '')
  return `# bash completion: source <(${name} completions bash)
${functionName(name)}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" place="" index next
  COMPREPLY=()
  case "$previous" in -c|--config) COMPREPLY=($(compgen -f -- "$current")); return ;; esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${place:+$place }\${COMP_WORDS[index]}"
    case "$next" in ${paths.map((path) => `"${path}"`).join('|')}) place="$next" ;; esac
  done
  case "$place" in
${places.map((place) => `    "${place.path}") COMPREPLY=($(compgen -W "${words(place)}" -- "$current")) ;;`).join('\n')}
  esac
}
complete -o default -F ${functionName(name)} ${name}
`
}

const zshText = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function zsh(name: string, places: Place[]): string {
  const described = ({ words: all }: Place) =>
    all.map(({ text, description }) => zshText(`${text}:${description.replaceAll(':', ' -')}`)).join(' ')
  const paths = places.map(({ path }) => path).filter((path) => path !== '')
  return `#compdef ${name}
# zsh completion: ${name} completions zsh > "\${fpath[1]}/_${name}"
${functionName(name)}() {
  local place="" word next
  local -a candidates
  case "\${words[CURRENT-1]}" in -c|--config) _files; return ;; esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${place:+$place }$word"
    case "$next" in ${paths.map((path) => `${zshText(path)}`).join('|')}) place="$next" ;; esac
  done
  case "$place" in
${places.map((place) => `    ${zshText(place.path)}) candidates=(${described(place)}) ;;`).join('\n')}
  esac
  _describe '${name}' candidates || _files
}
compdef ${functionName(name)} ${name}
`
}

const fishText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function fish(name: string, places: Place[]): string {
  const tops = places.map(({ path }) => path).filter((path) => path !== '' && !path.includes(' '))
  const condition = ({ path }: Place): string => {
    const [top, inner] = path.split(' ')
    if (!top) return `not __fish_seen_subcommand_from ${tops.join(' ')}`
    const seen = `__fish_seen_subcommand_from ${top}`
    return inner ? `${seen}; and __fish_seen_subcommand_from ${inner}` : seen
  }
  const line = (place: Place, { text, description }: Word): string => {
    const what = text.startsWith('--') ? `-l ${text.slice(2)}` : `-f -a ${text}`
    const about = description === '' ? '' : ` -d ${fishText(description)}`
    return `complete -c ${name} -n ${fishText(condition(place))} ${what}${about}`
  }
  return `# fish completion: ${name} completions fish > ~/.config/fish/completions/${name}.fish
${places.flatMap((place) => place.words.map((word) => line(place, word))).join('\n')}
`
}

const powershellText = (text: string): string => `'${text.replaceAll("'", "''")}'`

function powershell(name: string, places: Place[]): string {
  const entry = (place: Place) =>
    `    ${powershellText(place.path)} = @(${place.words.map(({ text }) => powershellText(text)).join(', ')})`
  return `# PowerShell completion: ${name} completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${name} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $places = @{
${places.map(entry).join('\n')}
  }
  $place = ''
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    $next = "$place $element".Trim()
    if ($places.ContainsKey($next)) { $place = $next }
  }
  $places[$place] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
}
