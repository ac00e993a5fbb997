import type { ScalarElement, SpecialForm } from '../plan/types.js'
import { quote } from '../errors/transcode-error.js'
import { formatDouble } from '../values/float.js'
import { partsOfAny, textOf, valueOf } from '../wire/known-values.js'
import { readMessage } from '../wire/read-message.js'
import { zeroOf, type ScalarValue } from '../wire/scalar-value.js'
import type { WireMessage } from '../wire/wire-message.js'
import type { JsonEncoder } from './encode.js'

/** Writes a well-known type in its special JSON form (protobuf.dev ProtoJSON). The plan has checked its fields. */
export function writeSpecialJson(form: SpecialForm, message: WireMessage, encoder: JsonEncoder): string {
  switch (form) {
    case 'any':
      return writeAny(message, encoder)
    case 'timestamp':
    case 'duration':
    case 'fieldMask':
      return encoder.convert(() => JSON.stringify(textOf(form, message)))
    case 'struct':
      return writeStruct(message, encoder)
    case 'value':
      return writeValue(message, encoder)
    case 'listValue':
      return writeListValue(message, encoder)
    case 'wrapper': {
      const element = message.plan.fields[0]!.element as ScalarElement
      return encoder.scalar(element, (valueOf(message, 1) as ScalarValue | undefined) ?? zeroOf(element.type))
    }
  }
}

function writeStruct(message: WireMessage, encoder: JsonEncoder): string {
  const fields = valueOf(message, 1)
  if (!(fields instanceof Map)) return '{}'
  encoder.enter()
  let out = ''
  for (const [key, value] of fields) {
    if (typeof key !== 'string') throw encoder.unrepresentable('a key is not UTF-8')
    if (out !== '') out += ','
    out += `${JSON.stringify(key)}:${encoder.within(key, () => writeValue(value as WireMessage, encoder))}`
  }
  encoder.leave()
  return `{${out}}`
}

function writeListValue(message: WireMessage, encoder: JsonEncoder): string {
  const items = (valueOf(message, 1) as WireMessage[] | undefined) ?? []
  encoder.enter()
  const out = items.map((item, index) => encoder.within(index, () => writeValue(item, encoder))).join(',')
  encoder.leave()
  return `[${out}]`
}

function writeValue(message: WireMessage, encoder: JsonEncoder): string {
  const kind = message.presentFields()[0]
  if (kind === undefined) throw encoder.unrepresentable('a Value without a kind')
  const value = message.get(kind)
  switch (kind.number) {
    case 1:
      return 'null'
    case 2:
      if (!Number.isFinite(value)) throw encoder.unrepresentable(`${String(value)} is no number a Value can be in JSON`)
      return formatDouble(value as number)
    case 4:
      return String(value)
    case 5:
      return writeStruct(value as WireMessage, encoder)
    case 6:
      return writeListValue(value as WireMessage, encoder)
    default:
      return encoder.scalar(kind.element as ScalarElement, value as ScalarValue)
  }
}

function writeAny(message: WireMessage, encoder: JsonEncoder): string {
  const { typeUrl, bytes } = encoder.convert(() => partsOfAny(message))
  if (typeUrl === '' && bytes.length === 0) return '{}'
  const slash = typeUrl.lastIndexOf('/')
  const plan = slash === -1 ? undefined : encoder.plans.messagePlanByName(typeUrl.slice(slash + 1))
  if (plan === undefined) throw encoder.unrepresentable(`an Any of the type ${quote(typeUrl)}, which is not known`)
  encoder.enter()
  const packed = readMessage(plan, bytes, encoder.depth)
  const type = `{"@type":${JSON.stringify(typeUrl)}`
  let out: string
  if (plan.form !== undefined) {
    out = `${type},"value":${encoder.within('value', () => encoder.message(packed))}}`
  } else {
    const members = encoder.members(packed)
    out = members === '' ? `${type}}` : `${type},${members}}`
  }
  encoder.leave()
  return out
}
