import { ScalarType } from '@bufbuild/protobuf'
import { planOfTypeUrl } from '../decode/any-type.js'
import type { ElementTable } from '../decode/tables.js'
import { quote } from '../errors/transcode-error.js'
import { parseFloating } from '../values/float.js'
import * as knownTags from '../wire/known-tags.js'
import { trimSpace } from './characters.js'
import type { XmlDecoder } from './decode.js'
import type { ReservedAttributes, ValueForm, XmlValuePlan } from './plan.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { DOUBLE } = ScalarType
const { BOOL_VALUE, FIRST, LIST_VALUE, NULL_VALUE, NUMBER_VALUE, SECOND, STRING_VALUE, STRUCT_VALUE } = knownTags

/** The kinds of a Value, each an element of the name its field has in google/protobuf/struct.proto. */
const KINDS = ['nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue']
const NONE: ReservedAttributes = []
const NAME: ReservedAttributes = ['name']

/**
 * Writes the content of a well-known type whose XML is more than a text, without loss: in JSON's forms numbers and strings
 * would look alike.
 *
 * @returns false where the element is nil, and no null is a value of the type
 */
export function writeSpecial(
  form: Exclude<ValueForm, 'text' | 'message'>,
  { namespace, reserved }: XmlValuePlan,
  decoder: XmlDecoder,
): boolean {
  switch (form) {
    case 'any':
      return writeAny(namespace, reserved, decoder)
    case 'struct':
      return writeStruct(namespace, reserved, decoder)
    case 'value':
      writeValue(namespace, reserved, decoder)
      return true
    case 'listValue':
      return writeListValue(namespace, reserved, decoder)
  }
}

/** `<field name="k">` for each, with a Value in it. */
function writeStruct(namespace: string, reserved: ReservedAttributes, decoder: XmlDecoder): boolean {
  if (decoder.isNil(reserved)) return false
  const names = new Set<string>()
  const { writer } = decoder
  const { out } = writer
  writer.enter()
  while (decoder.nextElement()) {
    if (!decoder.isElement('field', namespace)) {
      decoder.unknown(() => ['field'])
      continue
    }
    const name = decoder.attribute('name')
    if (name === undefined) throw decoder.malformed('a field of a Struct without the attribute "name"')
    decoder.within(name, () => {
      if (names.has(name)) throw decoder.duplicate('the field stands twice')
      names.add(name)
      out.tag(FIRST)
      const entry = out.begin()
      out.tag(FIRST)
      out.string(name)
      out.tag(SECOND)
      const value = out.begin()
      writeValue(namespace, NAME, decoder)
      out.end(value)
      out.end(entry)
    })
  }
  writer.leave()
  return true
}

/** `<value>` for each, with a Value in it. */
function writeListValue(namespace: string, reserved: ReservedAttributes, decoder: XmlDecoder): boolean {
  if (decoder.isNil(reserved)) return false
  const { writer } = decoder
  const { out } = writer
  writer.enter()
  let index = 0
  while (decoder.nextElement()) {
    if (!decoder.isElement('value', namespace)) {
      decoder.unknown(() => ['value'])
      continue
    }
    decoder.within(index++, () => {
      out.tag(FIRST)
      const value = out.begin()
      writeValue(namespace, NONE, decoder)
      out.end(value)
    })
  }
  writer.leave()
  return true
}

/** One element, which says the kind; nil is null. */
function writeValue(namespace: string, reserved: ReservedAttributes, decoder: XmlDecoder): void {
  if (decoder.isNil(reserved)) {
    writeNull(decoder)
    return
  }
  let hasKind = false
  while (decoder.nextElement()) {
    const kind = decoder.reader.localName
    if (!KINDS.includes(kind) || decoder.reader.namespace !== namespace) {
      decoder.unknown(() => KINDS)
      continue
    }
    if (hasKind) throw decoder.duplicate('a Value is of one kind, and this has two')
    hasKind = true
    writeKind(kind, namespace, decoder)
  }
  if (!hasKind) throw decoder.malformed(`a Value without its kind: one of ${KINDS.join(', ')}`)
}

function writeNull(decoder: XmlDecoder): void {
  const { out } = decoder.writer
  out.tag(NULL_VALUE)
  out.uint32(0)
}

function writeKind(kind: string, namespace: string, decoder: XmlDecoder): void {
  const { out } = decoder.writer
  if (kind === 'structValue' || kind === 'listValue') {
    out.tag(kind === 'structValue' ? STRUCT_VALUE : LIST_VALUE)
    const mark = out.begin()
    const write = kind === 'structValue' ? writeStruct : writeListValue
    if (!write(namespace, NONE, decoder)) throw decoder.malformed(`${kind} is nil: null is nullValue`)
    out.end(mark)
    return
  }
  if (decoder.isNil()) {
    if (kind !== 'nullValue') throw decoder.malformed(`${kind} is nil: null is nullValue`)
    writeNull(decoder)
    return
  }
  const text = decoder.text()
  const collapsed = trimSpace(text)
  switch (kind) {
    case 'stringValue':
      out.tag(STRING_VALUE)
      out.string(text)
      return
    case 'numberValue': {
      const value = parseFloating(DOUBLE, collapsed, false, false)
      out.tag(NUMBER_VALUE)
      out.double(value)
      return
    }
    case 'boolValue':
      if (collapsed !== 'true' && collapsed !== 'false') throw decoder.malformed(`${quote(collapsed)} is not a bool`)
      out.tag(BOOL_VALUE)
      out.uint32(collapsed === 'true' ? 1 : 0)
      return
    default:
      if (collapsed !== '' && collapsed !== 'NULL_VALUE') {
        throw decoder.malformed(`${quote(collapsed)} is not null: nullValue is empty`)
      }
      writeNull(decoder)
  }
}

/** The attribute `type`, and the message's fields; for a type with a special form an element `value`, as in JSON. */
function writeAny(namespace: string, outer: ReservedAttributes, decoder: XmlDecoder): boolean {
  const typeUrl = decoder.attribute('type')
  if (typeUrl === undefined) return writeEmptyAny(outer, decoder)
  const reserved = [...outer, 'type']
  const { writer, plans } = decoder
  const { out } = writer
  const plan = decoder.within('@type', () => planOfTypeUrl(typeUrl, plans.table))
  writer.enter()
  out.tag(FIRST)
  out.string(typeUrl)
  const written = out.length
  out.tag(SECOND)
  const mark = out.begin()
  const isSet =
    plan.form === undefined
      ? decoder.members(plans.message(plan, namespace, reserved), writer.tables.message(plan), undefined)
      : writePackedSpecial(plans.valueOf(plan, namespace), writer.tables.root(plan), reserved, decoder)
  if (out.length === mark + 1) out.rewind(written)
  else out.end(mark)
  writer.leave()
  return isSet
}

/** The element `value` of an Any whose type has a special form. */
function writePackedSpecial(
  plan: XmlValuePlan,
  element: ElementTable,
  reserved: ReservedAttributes,
  decoder: XmlDecoder,
): boolean {
  if (decoder.isNil(reserved)) return false
  let hasValue = false
  while (decoder.nextElement()) {
    if (!decoder.isElement('value', plan.namespace)) {
      decoder.unknown(() => ['value'])
      continue
    }
    decoder.within('value', () => {
      if (hasValue) throw decoder.duplicate('the element stands twice')
      hasValue = true
      if (!decoder.content(plan, element)) throw decoder.malformed('null is not a value of this type')
    })
  }
  if (!hasValue) throw decoder.malformed('an Any of this type needs a "value"')
  return true
}

function writeEmptyAny(reserved: ReservedAttributes, decoder: XmlDecoder): boolean {
  if (decoder.isNil(reserved)) return false
  if (decoder.nextElement()) throw decoder.malformed('an Any without the attribute "type"')
  return true
}
