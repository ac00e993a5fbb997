import type { YAMLError } from 'yaml'
import type { Position, Problems } from '../problems/index.js'

export interface Wording {
  readonly message: string
  readonly advice: string
}

/** How many collections may be inside one another, aliases followed. */
export const MAX_DEPTH = 64

export const TOO_DEEP: Wording = { message: 'nested too deeply', advice: `at most ${MAX_DEPTH} levels can be read` }

/** Says what makes a text no YAML. One error a line: what follows the first is mostly the parser finding its feet again. */
export function reportSyntax(
  errors: readonly YAMLError[],
  text: string,
  at: (offset: number) => Position,
  problems: Problems,
): void {
  // The parser's own recursion gave out: of whatever else it says then, nothing is so.
  const exhausted = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
  if (exhausted !== undefined) {
    problems.error(at(exhausted.pos[0]), TOO_DEEP.message, { advice: TOO_DEEP.advice })
    return
  }
  const seen = new Set<number>()
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    const position = at(error.pos[0])
    if (seen.has(position.line)) continue
    seen.add(position.line)
    const { message, advice } = wordingOf(error, text)
    problems.error(position, `not well-formed: ${message}`, { advice })
  }
}

function wordingOf({ code, message, pos }: YAMLError, text: string): Wording {
  const [offset] = pos
  switch (code) {
    case 'MULTIPLE_DOCS':
      return { message: 'more than one document in the file', advice: 'keep one, and take the "---" out' }
    case 'BAD_ALIAS':
      if (text[offset] === '*' && /^[\s,}\]]?$/.test(text.charAt(offset + 1))) {
        return { message: "a bare '*'", advice: 'write "*" in quotes' }
      }
      break
    case 'TAB_AS_INDENT':
      return { message: inSentence(message), advice: 'indent with spaces' }
    case 'TAG_RESOLVE_FAILED':
      return { message: inSentence(message), advice: 'write plain texts, numbers, lists and mappings, without tags' }
    case 'UNEXPECTED_TOKEN':
    case 'MISSING_CHAR':
      if (isBracketInText(text, offset)) {
        return {
          message: inSentence(message),
          advice: 'inside { } or [ ] quote a text that has brackets in it, as "${NAME}" or "/v1/{name}"',
        }
      }
      break
  }
  const advice = 'look at the indentation, brackets and quotes here and just before'
  return { message: inSentence(message), advice }
}

/** `${NAME}`, `/v1/{name}`: the bracket directly follows what can only be text. */
function isBracketInText(text: string, offset: number): boolean {
  const opening = text[offset] === '$' ? offset + 1 : offset
  return '{['.includes(text.charAt(opening) || ' ') && !/[\s,:[\]{}]/.test(text.charAt(opening - 1) || ' ')
}

function inSentence(message: string): string {
  const clause = message.replace(/\.$/, '')
  return clause.charAt(0).toLowerCase() + clause.slice(1)
}
