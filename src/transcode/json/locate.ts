import type { PathStep } from '../errors/field-path.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { JsonTokens } from './tokens.js'

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const QUOTE = 0x22

/**
 * Where in a body a token stands: the fields, map keys and indexes down to it, in JSON names. Found by reading the text
 * once more, so that reading it the first time need not keep count.
 *
 * @param position of the token's first byte; all before it is JSON
 * @param content what the body is
 */
export function pathTo(bytes: Buffer, position: number, content: MessagePlan | FieldPlan): PathStep[] {
  return named(stepsTo(bytes, position), content)
}

/** Lines and columns count from 1; a column is a UTF-16 unit. */
export function placeOf(bytes: Buffer, position: number): string {
  let line = 1
  let start = 0
  for (let next = bytes.indexOf(0x0a); next !== -1 && next < position; next = bytes.indexOf(0x0a, start)) {
    line++
    start = next + 1
  }
  return `line ${line} column ${bytes.toString('utf8', start, position).length + 1}`
}

function stepsTo(bytes: Buffer, position: number): PathStep[] {
  const tokens = new JsonTokens(bytes, position)
  /** Of each array the index, of each object the key; undefined where a key is awaited. */
  const stack: (PathStep | undefined)[] = []
  for (let token = tokens.next(); token !== -1; token = tokens.next()) {
    const top = stack.length - 1
    if (token === OPEN_BRACE) stack.push(undefined)
    else if (token === OPEN_BRACKET) stack.push(0)
    else if (token === CLOSE_BRACE || token === CLOSE_BRACKET) stack.pop()
    else if (token === COMMA) stack[top] = typeof stack[top] === 'number' ? stack[top] + 1 : undefined
    else if (token === QUOTE && top >= 0 && stack[top] === undefined) stack[top] = tokens.string()
  }
  return stack.filter((step) => step !== undefined)
}

/** The steps with fields under their JSON names. */
function named(steps: readonly PathStep[], content: MessagePlan | FieldPlan): PathStep[] {
  let message: MessagePlan | undefined
  let field: FieldPlan | undefined
  const path: PathStep[] = []
  if ('typeName' in content) {
    message = content
  } else {
    path.push(content.jsonName)
    field = content
  }
  for (const step of steps) {
    if (field !== undefined && field.shape !== 'singular') {
      // An item of the list, or the value of a map's entry.
      path.push(step)
      message = field.element.kind === 'message' ? field.element.message : undefined
      field = undefined
      continue
    }
    if (field?.element.kind === 'message') message = field.element.message
    const found: FieldPlan | undefined =
      typeof step === 'string' && message?.form === undefined
        ? (message?.byName.get(step) ?? message?.extensionByName(step.slice(1, -1)))
        : undefined
    path.push(found?.jsonName ?? step)
    field = found
    message = undefined
  }
  return path
}

/** The keys of the object round a place, those before it. */
export function keysBefore(bytes: Buffer, position: number): string[] {
  const tokens = new JsonTokens(bytes, position)
  const stack: { readonly keys: string[] | undefined; awaitsKey: boolean }[] = []
  for (let token = tokens.next(); token !== -1; token = tokens.next()) {
    const top = stack[stack.length - 1]
    if (token === OPEN_BRACE) stack.push({ keys: [], awaitsKey: true })
    else if (token === OPEN_BRACKET) stack.push({ keys: undefined, awaitsKey: false })
    else if (token === CLOSE_BRACE || token === CLOSE_BRACKET) stack.pop()
    else if (token === COMMA && top !== undefined) top.awaitsKey = true
    else if (token === QUOTE && top?.awaitsKey === true) {
      top.keys?.push(tokens.string())
      top.awaitsKey = false
    }
  }
  return stack[stack.length - 1]?.keys ?? []
}
