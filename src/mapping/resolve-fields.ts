import { didYouMean } from '../problems/index.js'
import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'

/** What a name in a rule came to: the field or fields, or what is wrong and what to do. */
export type Refusal = { readonly message: string; readonly advice?: string }

export type ResolvedPath = { readonly path: readonly DescField[] } | { readonly refusal: Refusal }
export type ResolvedField = { readonly field: DescField } | { readonly refusal: Refusal }

/**
 * The well-known types that a path variable can set beside scalars and enums: those whose JSON form is a string or a
 * scalar (ProtoJSON).
 */
const STRING_FORM = new Set(['google.protobuf.Timestamp', 'google.protobuf.Duration', 'google.protobuf.FieldMask'])

/** A field by its proto name, else by its JSON name: http.proto speaks of the former, ProtoJSON accepts both. */
export function findField(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name) ?? message.fields.find((field) => field.jsonName === name)
}

/**
 * Resolves a path variable's field path. http.proto: "The fields must not be repeated, and must be of primitive type";
 * every field before the last is a singular message. `{wrapper.value}` is `{wrapper}`.
 */
export function resolveFieldPath(root: DescMessage, names: readonly string[]): ResolvedPath {
  const path: DescField[] = []
  let message: DescMessage | undefined = root
  for (const name of names) {
    const last = path.at(-1)
    if (message === undefined) {
      return refuse(
        `path variable {${names.join('.')}}: ${last!.name} is ${describe(last!)}, it has no fields`,
        `bind {${path.map((each) => each.name).join('.')}} itself`,
      )
    }
    const field = findField(message, name)
    if (field === undefined) return { refusal: unknownField(message, name, `path variable {${names.join('.')}}: `) }
    if (field.fieldKind === 'list' || field.fieldKind === 'map') {
      return refuse(
        `path variable {${names.join('.')}}: ${field.name} is ${describe(field)}`,
        'name a field with a single value',
      )
    }
    // A wrapper is its value, in every format: were they two paths, what the body says of one would pass for another field.
    if (last !== undefined && isWrapperDesc(message)) {
      message = undefined
      continue
    }
    path.push(field)
    message = field.fieldKind === 'message' ? field.message : undefined
  }
  const leaf = path.at(-1)!
  if (message !== undefined && !STRING_FORM.has(message.typeName) && !isWrapperDesc(message)) {
    return {
      refusal: {
        message: `path variable {${names.join('.')}}: ${leaf.name} is ${describe(leaf)}, not a single value`,
        advice: 'name a field inside it',
      },
    }
  }
  return { path }
}

/** Resolves `body` or `response_body`, which is one direct field of the message. */
export function resolveDirectField(message: DescMessage, name: string, key: 'body' | 'response_body'): ResolvedField {
  const field = findField(message, name)
  if (field !== undefined) return { field }
  if (name.includes('.')) {
    return {
      refusal: {
        message: `${key} "${name}" is not a direct field of ${message.typeName}`,
        advice: `write "${name.slice(0, name.indexOf('.'))}" or "*"`,
      },
    }
  }
  return { refusal: unknownField(message, name, `${key}: `) }
}

function unknownField(message: DescMessage, name: string, prefix: string): Refusal {
  const text = `${prefix}${message.typeName} has no field "${name}"`
  const known = message.fields.map((field) => field.name)
  const advice = didYouMean(name, known)
  if (advice !== undefined) return { message: text, advice }
  const few = known.slice(0, 8)
  if (few.length === 0) return { message: text, advice: 'it has no fields at all' }
  return { message: text, advice: `its fields are ${few.join(', ')}${few.length < known.length ? ', …' : ''}` }
}

function describe(field: DescField): string {
  switch (field.fieldKind) {
    case 'list':
      return 'repeated'
    case 'map':
      return 'a map'
    case 'message':
      return `a message (${field.message.typeName})`
    default:
      return 'a single value'
  }
}

function refuse(message: string, advice: string): { readonly refusal: Refusal } {
  return { refusal: { message, advice } }
}
