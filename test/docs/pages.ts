import { readdirSync, readFileSync } from 'node:fs'

/** What somebody does who follows a page, in the order of the page. */
export type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'command'
      readonly line: string
      /** What the page shows that it prints; undefined where it shows nothing. `…` is for what differs each time. */
      readonly output: string | undefined
    }

export interface Page {
  readonly path: string
  readonly steps: readonly Step[]
}

/** The README first: it starts what the other pages ask. */
export function readPages(): Page[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : []))
  const examples = ['examples', 'examples/embed-express', 'examples/embed-node-http'].flatMap(inFolder)
  return ['README.md', ...inFolder('docs'), ...examples].map((path) => ({
    path,
    steps: stepsOf(readFileSync(path, 'utf8')),
  }))
}

const FENCED = /^```(\w+)\n([^]*?)^```$/gm
/** The last sentence before a file's text names it: `auth.yaml`, beside it: */
const NAMES_FILE = /`([a-z]+\.yaml)`[^`.]*$/

function stepsOf(text: string): Step[] {
  const steps: Step[] = []
  let end = 0
  for (const match of text.matchAll(FENCED)) {
    const [whole, language = '', block = ''] = match
    const before = text.slice(end, match.index).trim()
    end = match.index + whole.length
    if (['sh', 'bash', 'shell'].includes(language)) {
      steps.push(...commandsOf(block).map((line) => ({ kind: 'command', line, output: undefined }) as const))
    } else if (language === 'console') {
      steps.push(...consoleSteps(block))
    } else if (language === 'yaml') {
      const name = NAMES_FILE.exec(before)?.[1]
      if (name !== undefined) steps.push({ kind: 'file', name, text: block })
    }
  }
  return steps
}

/** Commands and what they print: `$ command`, then its output. */
function consoleSteps(block: string): Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((command) => {
      const end = command.indexOf('\n')
      const output = command.slice(end + 1).trim()
      return { kind: 'command', line: command.slice(0, end), output: output === '' ? undefined : output }
    })
}

/** The commands of a script: a line each, but for a quote, a here-document or a backslash that goes on in the next. */
function commandsOf(block: string): string[] {
  const commands: string[] = []
  let open = ''
  for (const line of block.trimEnd().split('\n')) {
    open += open === '' ? line : `\n${line}`
    if (isWhole(open)) {
      commands.push(open)
      open = ''
    }
  }
  if (open !== '') throw new Error(`a command without an end: ${open}`)
  return commands
}

function isWhole(command: string): boolean {
  const [, word] = /<<(\w+)/.exec(command) ?? []
  if (word !== undefined) return command.endsWith(`\n${word}`)
  return !command.endsWith('\\') && command.split("'").length % 2 === 1
}

/** Commands that stand outside of any block, where nobody would run them: indented by four. */
export function looseCommandsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8').replaceAll(FENCED, '')
  return text.match(/^ {4}(?:\$ )?(?:npm|npx|node|curl|docker|kubectl|\w+=\S+ npm) .*$/gm) ?? []
}
