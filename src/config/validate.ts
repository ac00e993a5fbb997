import type { Problem } from '../problems/index.js'
import { type ConfigDocument, childPointer, keyPathOf, parentOf, replaceAt, valueAt } from './document.js'
import { type Environment, interpolate } from './interpolate.js'
import type { SchemaError, SchemaNode } from './json-schema.js'
import { type ShapeProblem, shapeProblems } from './shape-problems.js'
import { validateShape } from './validate-shape.js'

/** As often as taking a wrong part out may show the next one to be wrong. */
const MAX_SALVAGE_ROUNDS = 12

/** What validation came to. */
export interface Validation {
  readonly problems: Problem[]
  /**
   * What is left after taking the wrong parts out. `whole`: a configuration. `partial`: one in which something stands in
   * for what is wrong or missing, good only for finding further errors. `none`: neither.
   */
  readonly rest: 'whole' | 'partial' | 'none'
  /** Places of the stand-ins: nothing said of them is of use to anyone. */
  readonly standIns: readonly string[]
  /** What is written where the environment was asked, by place. */
  readonly references: ReadonlyMap<string, string>
}

/**
 * Interpolates a document, checks it against the published schema and fills in the defaults, all in place; then takes
 * the wrong parts out, so that what the schema cannot say is checked of the others all the same.
 */
export function validateDocument(doc: ConfigDocument, env: Environment): Validation {
  const interpolated = interpolateAll(doc, env)
  let errors = validateShape(doc.value)
  if (readAsTyped(doc, interpolated.references, errors)) errors = validateShape(doc.value)

  const found = shapeProblems(errors, doc.positions)
  // Of a part that has no place here at all, only that is said.
  const unread = interpolated.problems.filter(
    ({ pointer }) => !found.some((shape) => shape.isMisplaced && isWithin(pointer, shape.pointer)),
  )
  const isUnread = new Set(unread.map(({ pointer }) => pointer))
  const shown = [...unread, ...found.filter(({ pointer, isMisplaced }) => isMisplaced || !isUnread.has(pointer))]
  return { problems: shown.map(({ problem }) => problem), ...salvage(doc, shown), references: interpolated.references }
}

const isWithin = (pointer: string, outer: string): boolean => pointer === outer || pointer.startsWith(`${outer}/`)

function salvage(doc: ConfigDocument, found: readonly ShapeProblem[]): Pick<Validation, 'rest' | 'standIns'> {
  const standIns: string[] = []
  const done = new Set<string>()
  const isInList = (pointer: string): boolean => Array.isArray(valueAt(doc.value, parentOf(pointer)))
  /** @returns false where that has been done, and did not help */
  const put = (pointer: string, value: unknown): boolean => {
    const act = `${pointer} ${JSON.stringify(value)}`
    if (done.has(act)) return false
    done.add(act)
    replaceAt(doc.value, pointer, structuredClone(value))
    if (value !== undefined) standIns.push(pointer)
    return true
  }
  const takeOut = ({ pointer, standIn }: ShapeProblem): void => {
    const isMissing = standIn !== undefined && standIn.pointer !== pointer
    if (isMissing || isInList(pointer)) {
      if (put(standIn?.pointer ?? pointer, standIn === undefined ? {} : standIn.value)) return
    }
    // Where nothing that can stand there is right, what it is in goes: an item of a list with the list, as the others keep their places.
    for (let outer = pointer; outer !== ''; outer = parentOf(outer))
      if (!isInList(outer) && put(outer, undefined)) return
  }
  let wrong = found
  for (let round = 0; round < MAX_SALVAGE_ROUNDS && wrong.length > 0; round++) {
    for (const one of wrong) takeOut(one)
    wrong = shapeProblems(validateShape(doc.value), doc.positions)
  }
  return { rest: wrong.length > 0 ? 'none' : standIns.length > 0 ? 'partial' : 'whole', standIns }
}

/** Fills in every string value. Keys are left as they are: they are names, not values. */
function interpolateAll(
  doc: ConfigDocument,
  env: Environment,
): { references: ReadonlyMap<string, string>; problems: ShapeProblem[] } {
  const references = new Map<string, string>()
  const problems: ShapeProblem[] = []
  const walk = (value: unknown, pointer: string): unknown => {
    if (typeof value === 'string') {
      const result = interpolate(value, env)
      if ('wrong' in result) {
        const position = doc.positions.ofValue(pointer)
        const problem = { position, message: result.wrong, selector: keyPathOf(pointer), advice: result.advice }
        problems.push({ pointer, problem, isMisplaced: false, standIn: { pointer, value: 'stand-in' } })
        return value
      }
      if (result.isInterpolated) references.set(pointer, value)
      return result.text
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, childPointer(pointer, index)))
    if (typeof value === 'object' && value !== null) {
      const object = value as Record<string, unknown>
      for (const key of Object.keys(object)) {
        object[key] = walk(object[key], childPointer(pointer, key))
      }
    }
    return value
  }
  doc.value = walk(doc.value, '')
  return { references, problems }
}

/**
 * An interpolated value is a text until its key's type is known: where the schema wants a number or a boolean there, it
 * is read as one. Only then: `port: "8080"` without a reference stays the text it says it is.
 */
function readAsTyped(
  doc: ConfigDocument,
  references: ReadonlyMap<string, string>,
  errors: readonly SchemaError[],
): boolean {
  let isAnyRead = false
  for (const { instancePath, keyword, parentSchema } of errors) {
    if (keyword !== 'type' || !references.has(instancePath)) continue
    const text = valueAt(doc.value, instancePath)
    const value = typeof text === 'string' ? readAs(text.trim(), parentSchema?.type) : undefined
    if (value === undefined) continue
    replaceAt(doc.value, instancePath, value)
    isAnyRead = true
  }
  return isAnyRead
}

function readAs(text: string, type: SchemaNode['type']): number | boolean | undefined {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  if (type === 'integer' && /^[+-]?[0-9]+$/.test(text)) return Number(text)
  return undefined
}
