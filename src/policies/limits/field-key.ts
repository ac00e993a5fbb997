import {
  fromBinary,
  isFieldSet,
  type DescField,
  type DescMessage,
  type DescOneof,
  type Message,
} from '@bufbuild/protobuf'
import { nearest } from '../../problems/index.js'

/** The value of a field of the request message, as a text; undefined: it is not set. */
export type FieldValue = (message: Uint8Array) => string | undefined

/**
 * Compiles `field:PATH`.
 *
 * @param path names of fields from the message down, as the .proto has them, the last a single value
 * @returns what is wrong with it, as a clause
 */
export function compileField(path: string, input: DescMessage): FieldValue | { readonly wrong: string } {
  const fields: DescField[] = []
  let at: DescMessage | undefined = input
  for (const name of path.split('.')) {
    if (at === undefined) return { wrong: `${fields.at(-1)!.name} has no fields` }
    const field: DescField | undefined = at.fields.find((one) => one.name === name)
    if (field === undefined) {
      const near = nearest(
        name,
        at.fields.map((one) => one.name),
      )
      const meant = near?.isNear === true ? `: did you mean ${near.name}?` : ''
      return { wrong: `${at.typeName} has no field ${name}${meant}` }
    }
    fields.push(field)
    at = field.fieldKind === 'message' && !isWrapper(field.message) ? field.message : undefined
  }
  const { fieldKind, name } = fields.at(-1)!
  if (at !== undefined || fieldKind === 'list' || fieldKind === 'map') return { wrong: `${name} is not a single value` }
  const values = fields.slice(0, -1)
  if (values.some((field) => field.fieldKind !== 'message')) return { wrong: `${path} leads through a list or a map` }
  return (bytes) => valueOf(input, bytes, fields)
}

function isWrapper({ typeName }: DescMessage): boolean {
  return /^google\.protobuf\.(?:Double|Float|U?Int(?:32|64)|Bool|String|Bytes)Value$/.test(typeName)
}

function valueOf(input: DescMessage, bytes: Uint8Array, fields: readonly DescField[]): string | undefined {
  let value: unknown
  try {
    value = fromBinary(input, bytes)
  } catch {
    // Bytes that are not the message are for the upstream to refuse; until then they are alike.
    return undefined
  }
  for (const field of fields) {
    if (!isFieldSet(value as Message, field)) return undefined
    value = fieldOf(value as Readonly<Record<string, unknown>>, field)
  }
  // A wrapper within a oneof is a message, elsewhere its value.
  if (typeof value === 'object' && value !== null && 'value' in value) value = value.value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return String(value)
}

function fieldOf(message: Readonly<Record<string, unknown>>, { oneof, localName }: DescField): unknown {
  if (oneof === undefined) return message[localName]
  return (message[(oneof as DescOneof).localName] as { readonly value?: unknown }).value
}
