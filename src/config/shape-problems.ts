import { MERGE_KEY, MERGE_KEY_ADVICE } from '../documents/index.js'
import { didYouMean, nearest, type Problem } from '../problems/index.js'
import { type Positions, childPointer, keyPathOf, segmentsOf } from './document.js'
import type { SchemaError, SchemaNode } from './json-schema.js'
import { placesOf } from './known-keys.js'
import { nearestAdvice } from './nearest.js'

/** A schema error as a person reads it, and what has to go for the rest to be read. */
export interface ShapeProblem {
  /** The key or value that is wrong. */
  readonly pointer: string
  readonly problem: Problem
  /** The key has no place here, or not in this version: nothing else is to be said of what is under it. */
  readonly isMisplaced: boolean
  /** What may stand in a place that cannot be empty, while the rest is looked at. */
  readonly standIn?: { readonly pointer: string; readonly value: unknown }
}

const NOUNS: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

/** One problem for each thing that is wrong: what ajv says of one place several times is said once. */
export function shapeProblems(errors: readonly SchemaError[], positions: Positions): ShapeProblem[] {
  const out: ShapeProblem[] = []
  const seen = new Set<string>()
  for (const error of errors) {
    const found = shapeProblem(error, positions)
    if (found === undefined) continue
    const { pointer, problem } = found
    const once = error.keyword === 'required' ? `${pointer} ${problem.message}` : pointer
    if (seen.has(once)) continue
    seen.add(once)
    out.push(found)
  }
  return out
}

function shapeProblem(error: SchemaError, positions: Positions): ShapeProblem | undefined {
  const { instancePath: here, keyword } = error
  const params = error.params as Readonly<Record<string, unknown>>
  const schema: SchemaNode = error.parentSchema ?? {}
  // The alternatives behind `if` and `oneOf`, and what a name's own schema says, are told by their parents or children.
  if (keyword === 'if' || error.propertyName !== undefined || error.schemaPath.includes('/oneOf/')) return undefined

  const at = (pointer: string, part: 'key' | 'value', message: string, advice: string | undefined): ShapeProblem => {
    const selector = keyPathOf(pointer)
    const position = part === 'key' ? positions.ofKey(pointer) : positions.ofValue(pointer)
    return {
      pointer,
      isMisplaced: keyword === 'additionalProperties' || schema['x-notYet'] !== undefined,
      problem: {
        position,
        message,
        ...(selector === '' ? {} : { selector }),
        ...(advice === undefined ? {} : { advice }),
      },
    }
  }

  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty'])
    const message = `unknown key ${JSON.stringify(key)}`
    return at(childPointer(here, key), 'key', message, unknownKeyAdvice(key, Object.keys(schema.properties ?? {})))
  }
  if (schema['x-notYet'] !== undefined) {
    const message = `${nameOf(here)}: not available in this version`
    return withTextStandIn(at(here, keyword === 'not' ? 'key' : 'value', message, schema['x-notYet']))
  }
  if (keyword === 'propertyNames') {
    const key = String(params['propertyName'])
    const rule = (error.schema ?? {}) as SchemaNode
    return at(
      childPointer(here, key),
      'key',
      `${JSON.stringify(key)} is not ${rule['x-is'] ?? 'a name'}`,
      rule['x-write'],
    )
  }
  if (keyword === 'required') {
    const key = String(params['missingProperty'])
    const found = at(here, 'key', `"${key}" is missing`, additionAdvice(key, schema))
    // Without upstreams every name of one would seem wrong.
    if (key === 'upstreams') return found
    const value = key === 'schema' ? [SCHEMA_STAND_IN] : TEXT_STAND_IN
    return { ...found, standIn: { pointer: childPointer(here, key), value } }
  }
  if (keyword === 'dependentRequired') {
    const [key, missing] = [String(params['property']), String(params['missingProperty'])]
    return at(childPointer(here, key), 'key', `"${key}" without "${missing}"`, `add "${missing}", or take "${key}" out`)
  }
  if (keyword === 'oneOf') {
    if (typeof error.data !== 'object') return undefined
    const kinds = 'protos, descriptors and reflection'
    const message = params['passingSchemas'] === null ? `none of ${kinds}` : `more than one of ${kinds}`
    const advice = 'give exactly one of them; further ones are further entries of the list'
    return { ...at(here, 'value', message, advice), standIn: { pointer: here, value: SCHEMA_STAND_IN } }
  }
  const { message, advice } = valueProblem(error, schema)
  const found = at(here, 'value', message, advice)
  if (keyword === 'enum') {
    const [first] = params['allowedValues'] as readonly unknown[]
    return { ...found, standIn: { pointer: here, value: first } }
  }
  return typeof schema.type === 'string' && schema.type !== 'string' ? found : withTextStandIn(found)
}

const TEXT_STAND_IN = 'stand-in'
const SCHEMA_STAND_IN = { descriptors: TEXT_STAND_IN, autoMap: false }

/** A list's item cannot be taken out without moving those after it: another text stands in for it. */
function withTextStandIn(found: ShapeProblem): ShapeProblem {
  return { ...found, standIn: { pointer: found.pointer, value: TEXT_STAND_IN } }
}

/** The nearest key known here; but for a key that only belongs elsewhere, where. */
function unknownKeyAdvice(key: string, known: readonly string[]): string | undefined {
  if (key === MERGE_KEY) return MERGE_KEY_ADVICE
  const places = placesOf(key)
  if (places.length > 0 && nearest(key, known)?.isNear !== true) return `it is a key of ${places.join(' and ')}`
  return nearestAdvice(key, known, 'key')
}

/** What is wrong with a value that is in the right place. */
function valueProblem(error: SchemaError, schema: SchemaNode): { message: string; advice: string | undefined } {
  const { keyword, data } = error
  const params = error.params as Readonly<Record<string, unknown>>
  const shown = schema.writeOnly === true ? 'the value' : show(data)
  const is = schema['x-is'] ?? nounOf(schema.type)
  const write = schema['x-write']
  switch (keyword) {
    case 'type':
      if (data === null) return { message: 'there is no value', advice: write ?? `give ${is}, or take the key out` }
      if (is === 'a duration' && typeof data === 'number') {
        return {
          message: `${shown} is not a duration`,
          advice: `give its unit: ${data}ms, ${data}s, ${data}m or ${data}h`,
        }
      }
      return { message: `${shown} is not ${is}`, advice: write ?? adviceForType(schema, data) }
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String)
      const near = typeof data === 'string' ? didYouMean(data, allowed) : undefined
      return { message: `${shown} is not one of ${allowed.join(', ')}`, advice: near ?? write ?? 'write one of them' }
    }
    case 'maxProperties':
      return {
        message: params['limit'] === 1 ? 'more than one key' : `more than ${String(params['limit'])} keys`,
        advice: write,
      }
    case 'const':
    case 'pattern':
      return { message: `${shown} is not ${is}`, advice: write }
    case 'minimum':
      return { message: `${shown} is too small`, advice: `the smallest is ${String(params['limit'])}` }
    case 'maximum':
      return { message: `${shown} is too large`, advice: `the largest is ${String(params['limit'])}` }
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return { message: 'must not be empty', advice: write ?? 'give a value, or take the key out' }
    default:
      return { message: `${shown} ${error.message ?? 'is wrong'}`, advice: write }
  }
}

function nounOf(type: SchemaNode['type']): string {
  const types = typeof type === 'string' ? [type] : (type ?? [])
  return types.map((name) => NOUNS[name] ?? name).join(' or ') || 'such a value'
}

function adviceForType({ type, writeOnly }: SchemaNode, data: unknown): string | undefined {
  if (type === 'array') return 'write it as a list: [ … ]'
  if (type === 'boolean') return 'write true or false, without quotes'
  if (type === 'integer' && typeof data === 'string') return 'write a number, without quotes'
  if (type === 'object') return 'write it as a mapping: { … }'
  if (type !== 'string' || typeof data === 'object') return undefined
  return writeOnly === true ? 'quote it' : `quote it: "${String(data)}"`
}

/** `add it, for example target: "dns:///library.internal:50051"`. */
function additionAdvice(key: string, schema: SchemaNode): string {
  const example = schema.properties?.[key]?.examples?.[0]
  return example === undefined ? 'add it' : `add it, for example ${key}: ${JSON.stringify(example)}`
}

/** The name of the key a place belongs to: a list's item is named by its list. */
function nameOf(pointer: string): string {
  return segmentsOf(pointer).findLast((segment) => !/^[0-9]+$/.test(segment)) ?? 'the file'
}

/** A value, short and on one line. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a mapping'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
