import { quote, ValueError } from '../errors/transcode-error.js'
import type { MessagePlan } from '../plan/types.js'
import { planOfTypeUrl } from '../tree/any-type.js'
import { TreeNode } from '../tree/node.js'
import { trimSpace } from './characters.js'
import type { XmlDecoder } from './decode.js'
import type { ReservedAttributes, ValueForm, XmlValuePlan } from './plan.js'
import { TreeBuilder } from './tree-builder.js'

/** The kinds of a Value, each an element of the name its field has in google/protobuf/struct.proto. */
const KINDS = ['nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue']
const NONE: ReservedAttributes = []

/** The well-known types whose XML is more than a text, without loss: in JSON's forms numbers and strings would look alike. */
export function readSpecial(
  form: Exclude<ValueForm, 'text' | 'message'>,
  { namespace, reserved }: XmlValuePlan,
  decoder: XmlDecoder,
): TreeNode {
  switch (form) {
    case 'any':
      return readAny(namespace, reserved, decoder)
    case 'struct':
      return readStruct(namespace, reserved, decoder)
    case 'value':
      return readValue(namespace, reserved, decoder)
    case 'listValue':
      return readListValue(namespace, reserved, decoder)
  }
}

/** `<field name="k">` for each, with a Value in it. */
function readStruct(namespace: string, reserved: ReservedAttributes, decoder: XmlDecoder): TreeNode {
  if (decoder.isNil(reserved)) return TreeNode.null
  const fields = new TreeBuilder()
  decoder.enter()
  while (decoder.nextElement()) {
    if (!decoder.isElement('field', namespace)) {
      decoder.unknown(() => ['field'])
      continue
    }
    const name = decoder.attribute('name')
    if (name === undefined) throw decoder.malformed('a field of a Struct without the attribute "name"')
    decoder.within(name, () => {
      if (fields.has(name)) throw decoder.duplicate('the field stands twice')
      fields.add(name, readValue(namespace, ['name'], decoder))
    })
  }
  decoder.leave()
  return fields.finish()
}

/** `<value>` for each, with a Value in it. */
function readListValue(namespace: string, reserved: ReservedAttributes, decoder: XmlDecoder): TreeNode {
  if (decoder.isNil(reserved)) return TreeNode.null
  const items: TreeNode[] = []
  decoder.enter()
  while (decoder.nextElement()) {
    if (decoder.isElement('value', namespace)) {
      items.push(decoder.within(items.length, () => readValue(namespace, NONE, decoder)))
    } else {
      decoder.unknown(() => ['value'])
    }
  }
  decoder.leave()
  return TreeNode.array(items)
}

/** One element, which says the kind. */
function readValue(namespace: string, reserved: ReservedAttributes, decoder: XmlDecoder): TreeNode {
  if (decoder.isNil(reserved)) return TreeNode.null
  let value: TreeNode | undefined
  while (decoder.nextElement()) {
    const kind = decoder.reader.localName
    if (!KINDS.includes(kind) || decoder.reader.namespace !== namespace) {
      decoder.unknown(() => KINDS)
      continue
    }
    if (value !== undefined) throw decoder.duplicate('a Value is of one kind, and this has two')
    value = readKind(kind, namespace, decoder)
  }
  if (value === undefined) throw decoder.malformed(`a Value without its kind: one of ${KINDS.join(', ')}`)
  return value
}

function readKind(kind: string, namespace: string, decoder: XmlDecoder): TreeNode {
  if (kind === 'structValue' || kind === 'listValue') {
    const read = kind === 'structValue' ? readStruct : readListValue
    const value = read(namespace, NONE, decoder)
    if (value.isNull) throw decoder.malformed(`${kind} is nil: null is nullValue`)
    return value
  }
  if (decoder.isNil()) {
    if (kind === 'nullValue') return TreeNode.null
    throw decoder.malformed(`${kind} is nil: null is nullValue`)
  }
  const text = decoder.text()
  if (kind === 'stringValue') return TreeNode.string(text)
  const collapsed = trimSpace(text)
  switch (kind) {
    case 'numberValue':
      return TreeNode.number(collapsed)
    case 'boolValue':
      if (collapsed === 'true') return TreeNode.true
      if (collapsed === 'false') return TreeNode.false
      throw decoder.malformed(`${quote(collapsed)} is not a bool`)
    default:
      if (collapsed === '' || collapsed === 'NULL_VALUE') return TreeNode.null
      throw decoder.malformed(`${quote(collapsed)} is not null: nullValue is empty`)
  }
}

/** The attribute `type`, and the message's fields; for a type with a special form an element `value`, as in JSON. */
function readAny(namespace: string, outer: ReservedAttributes, decoder: XmlDecoder): TreeNode {
  const typeUrl = decoder.attribute('type')
  if (typeUrl === undefined) return readEmptyAny(outer, decoder)
  const reserved = [...outer, 'type']
  const plan = decoder.within('@type', () => typeOf(typeUrl, decoder))
  const type = TreeNode.string(typeUrl)
  if (plan.form === undefined) {
    return decoder.members(decoder.plans.message(plan, namespace, reserved), ['@type', type])
  }
  if (decoder.isNil(reserved)) return TreeNode.null
  const members = new TreeBuilder()
  members.add('@type', type)
  while (decoder.nextElement()) {
    if (!decoder.isElement('value', namespace)) {
      decoder.unknown(() => ['value'])
      continue
    }
    decoder.within('value', () => {
      if (members.has('value')) throw decoder.duplicate('the element stands twice')
      members.add('value', decoder.value(decoder.plans.valueOf(plan, namespace)))
    })
  }
  return members.finish()
}

function readEmptyAny(reserved: ReservedAttributes, decoder: XmlDecoder): TreeNode {
  if (decoder.isNil(reserved)) return TreeNode.null
  if (decoder.nextElement()) throw decoder.malformed('an Any without the attribute "type"')
  return TreeNode.object([], [])
}

function typeOf(typeUrl: string, decoder: XmlDecoder): MessagePlan {
  try {
    return planOfTypeUrl(typeUrl, decoder.plans.table)
  } catch (error) {
    if (error instanceof ValueError) throw decoder.malformed(error.message)
    throw error
  }
}
