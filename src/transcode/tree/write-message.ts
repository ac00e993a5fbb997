import type { DescOneof } from '@bufbuild/protobuf'
import { suggestField } from '../errors/nearest.js'
import { shorten, ValueError } from '../errors/transcode-error.js'
import type { TranscodeReason } from '../reasons.js'
import type { ElementPlan, FieldPlan, MessageElement, MessagePlan, ScalarElement } from '../plan/types.js'
import { isDefaultScalar, wireTypeOf, writeScalar, type ScalarValue } from '../wire/scalar-value.js'
import { tagOf, WireType, WireWriter } from '../wire/writer.js'
import { BoundMessage, type BoundLeaf } from './bound-message.js'
import type { DecodeContext } from './decode-context.js'
import { depthOf, NodeKind, TreeNode } from './node.js'
import { describeNode, readEnum, readScalar } from './read-scalar.js'
import { writeSpecial } from './write-special.js'

/**
 * Writes a message from a tree, and from what the path and the query bind within it, as wire bytes without tag and
 * length. What is bound twice with another value, two members of a oneof, and whatever is not of its field's type is
 * refused.
 *
 * @param node undefined: the body says nothing of this message
 * @param skippedKey a key that belongs to who calls (`@type` of an Any)
 * @throws StatusError INVALID_ARGUMENT with the field's path
 */
export function writeMessage(
  plan: MessagePlan,
  node: TreeNode | undefined,
  bound: BoundMessage | undefined,
  out: WireWriter,
  context: DecodeContext,
  skippedKey?: string,
): void {
  if (plan.form !== undefined && node !== undefined) {
    writeSpecial(plan.form, plan, node, out, context)
    return
  }
  context.enter()
  const seen = new SeenFields(context)
  if (node !== undefined) {
    if (!node.isObject) throw context.malformed(`${describeNode(node)} is not an object`)
    for (let i = 0; i < node.keys.length; i++) {
      const key = node.keys[i]!
      if (key === skippedKey) continue
      const field = findField(plan, key, node.items[i]!, context)
      if (field === undefined) continue
      context.path.push(field.jsonName)
      seen.addName(field)
      const isSet = writeField(field, node.items[i]!, bound?.entries.get(field), out, context)
      if (isSet) seen.addValue(field)
      context.path.pop()
    }
  }
  if (bound !== undefined) writeBound(bound, seen, out, context)
  for (const field of plan.required) {
    if (seen.values.has(field) || !context.isWhole) continue
    context.path.push(field.jsonName)
    throw context.error('MISSING_FIELD', 'a required field has no value')
  }
  context.leave()
}

/** Writes what is bound and was not already written together with the body's part of the field. */
function writeBound(bound: BoundMessage, seen: SeenFields, out: WireWriter, context: DecodeContext): void {
  for (const [field, value] of bound.entries) {
    // A field that is null in the body is unset there, so only what was written with a value is done.
    if (seen.values.has(field)) continue
    context.path.push(field.jsonName)
    if (value instanceof BoundMessage) {
      writeSubmessage(field, field.element as MessageElement, undefined, value, out, context)
    } else {
      writeLeaf(field, value, out, context)
    }
    seen.addValue(field)
    context.path.pop()
  }
}

/** The field a key names; undefined where it is unknown and unknown ones are ignored. */
function findField(plan: MessagePlan, key: string, value: TreeNode, context: DecodeContext): FieldPlan | undefined {
  const field = plan.byName.get(key) ?? findExtension(plan, key)
  if (field !== undefined) return field
  if (!context.ignoresUnknown) {
    const advice = suggestField(key, plan)
    context.path.push(key)
    throw context.error('UNKNOWN_FIELD', `no such field${advice}`)
  }
  if (depthOf(value) > context.depthLeft) throw context.error('DEPTH_EXCEEDED', 'nested deeper than 100 levels')
  return undefined
}

function findExtension(plan: MessagePlan, key: string): FieldPlan | undefined {
  return key.startsWith('[') && key.endsWith(']') ? plan.extensionByName(key.slice(1, -1)) : undefined
}

/** Which fields of one message had a key, which a value, and which members of oneofs. */
class SeenFields {
  readonly #context: DecodeContext
  readonly #names = new Set<FieldPlan>()
  readonly values = new Set<FieldPlan>()
  #oneofs: Map<DescOneof, FieldPlan> | undefined = undefined

  constructor(context: DecodeContext) {
    this.#context = context
  }

  /** A key of an object; the path ends in the field. */
  addName(field: FieldPlan): void {
    if (this.#names.has(field)) {
      throw this.#context.error('DUPLICATE_FIELD', `given as both ${field.jsonName} and ${field.name}`)
    }
    this.#names.add(field)
  }

  addValue(field: FieldPlan): void {
    this.values.add(field)
    if (field.oneof === undefined) return
    this.#oneofs ??= new Map()
    const other = this.#oneofs.get(field.oneof)
    if (other !== undefined && other !== field) {
      const message = `${other.jsonName} is set too, and both are of the oneof ${field.oneof.name}`
      throw this.#context.error('ONEOF_CONFLICT', message)
    }
    this.#oneofs.set(field.oneof, field)
  }
}

/**
 * Writes a field with its tag.
 *
 * @returns false where the field stays unset: null, or an unknown enum name that is ignored
 */
export function writeField(
  field: FieldPlan,
  node: TreeNode,
  bound: BoundLeaf | BoundMessage | undefined,
  out: WireWriter,
  context: DecodeContext,
): boolean {
  if (node.isNull && !takesNull(field)) return false
  if (bound !== undefined && !(bound instanceof BoundMessage)) checkEqual(field, node, bound, context)
  switch (field.shape) {
    case 'list':
      writeList(field, node, out, context)
      return true
    case 'map':
      writeMap(field, field.mapKey!, node, out, context)
      return true
    default:
      return writeSingular(field, node, bound instanceof BoundMessage ? bound : undefined, out, context)
  }
}

/** Fields for which null is a value: a singular Value, and a singular NullValue. */
function takesNull(field: FieldPlan): boolean {
  return field.shape === 'singular' && elementTakesNull(field.element)
}

function elementTakesNull(element: ElementPlan): boolean {
  if (element.kind === 'enum') return element.enum.isNullValue
  return element.kind === 'message' && element.message.form === 'value'
}

function writeSingular(
  field: FieldPlan,
  node: TreeNode,
  bound: BoundMessage | undefined,
  out: WireWriter,
  context: DecodeContext,
): boolean {
  const { element } = field
  switch (element.kind) {
    case 'scalar': {
      const value = convert(context, () => readScalar(element.type, node))
      if (field.hasPresence || !isDefaultScalar(value)) writeTagged(field.number, element.type, value, out)
      return true
    }
    case 'enum': {
      const value = convert(context, () => readEnum(element.enum, node, context.ignoresUnknown))
      if (value === undefined || (!element.enum.isOpen && !element.enum.quotedNames.has(value))) return false
      if (field.hasPresence || value !== 0) {
        out.uint32(tagOf(field.number, WireType.Varint))
        out.int32(value)
      }
      return true
    }
    case 'message':
      writeSubmessage(field, element, node, bound, out, context)
      return true
  }
}

function writeTagged(number: number, type: ScalarElement['type'], value: ScalarValue, out: WireWriter): void {
  out.uint32(tagOf(number, wireTypeOf(type)))
  writeScalar(type, value, out)
}

function writeSubmessage(
  field: FieldPlan,
  element: MessageElement,
  node: TreeNode | undefined,
  bound: BoundMessage | undefined,
  out: WireWriter,
  context: DecodeContext,
): void {
  if (element.isDelimited) {
    out.uint32(tagOf(field.number, WireType.StartGroup))
    writeMessage(element.message, node, bound, out, context)
    out.uint32(tagOf(field.number, WireType.EndGroup))
    return
  }
  out.uint32(tagOf(field.number, WireType.LengthDelimited))
  const mark = out.begin()
  writeMessage(element.message, node, bound, out, context)
  out.end(mark)
}

function writeList(field: FieldPlan, node: TreeNode, out: WireWriter, context: DecodeContext): void {
  if (node.kind !== NodeKind.Array) throw context.malformed(`${describeNode(node)} is not an array`)
  const { element, isPacked, number } = field
  const start = out.length
  let mark = 0
  if (isPacked) {
    out.uint32(tagOf(number, WireType.LengthDelimited))
    mark = out.begin()
  }
  for (let i = 0; i < node.items.length; i++) {
    context.path.push(i)
    const item = node.items[i]!
    if (item.isNull && !elementTakesNull(element)) throw context.malformed('null is not an item of a list')
    switch (element.kind) {
      case 'scalar': {
        const value = convert(context, () => readScalar(element.type, item))
        if (isPacked) writeScalar(element.type, value, out)
        else writeTagged(number, element.type, value, out)
        break
      }
      case 'enum': {
        const value = convert(context, () => readEnum(element.enum, item, context.ignoresUnknown))
        if (value === undefined) break
        if (!isPacked) out.uint32(tagOf(number, WireType.Varint))
        out.int32(value)
        break
      }
      case 'message':
        writeSubmessage(field, element, item, undefined, out, context)
        break
    }
    context.path.pop()
  }
  if (!isPacked) return
  // An empty packed list is not on the wire at all.
  if (out.length === mark + 1) out.rewind(start)
  else out.end(mark)
}

function writeMap(
  field: FieldPlan,
  keyElement: ScalarElement,
  node: TreeNode,
  out: WireWriter,
  context: DecodeContext,
): void {
  if (!node.isObject) throw context.malformed(`${describeNode(node)} is not an object`)
  const { element, number } = field
  const seen = new Set<ScalarValue>()
  for (let i = 0; i < node.items.length; i++) {
    const text = node.keys[i]!
    const item = node.items[i]!
    context.path.push(text)
    const key = convert(context, () => readMapKey(keyElement, text))
    if (seen.has(key)) throw context.error('DUPLICATE_FIELD', 'the key stands twice, in two spellings')
    seen.add(key)
    if (item.isNull && !elementTakesNull(element)) throw context.malformed('null is not the value of a map entry')
    const start = out.length
    out.uint32(tagOf(number, WireType.LengthDelimited))
    const mark = out.begin()
    writeTagged(1, keyElement.type, key, out)
    if (writeMapValue(element, item, out, context)) out.end(mark)
    else out.rewind(start)
    context.path.pop()
  }
}

/** A map's key is always a string in JSON, and reads as the unquoted text of its type. */
function readMapKey(element: ScalarElement, text: string): ScalarValue {
  return readScalar(element.type, TreeNode.text(text))
}

function writeMapValue(element: ElementPlan, node: TreeNode, out: WireWriter, context: DecodeContext): boolean {
  switch (element.kind) {
    case 'scalar':
      writeTagged(
        2,
        element.type,
        convert(context, () => readScalar(element.type, node)),
        out,
      )
      return true
    case 'enum': {
      const value = convert(context, () => readEnum(element.enum, node, context.ignoresUnknown))
      if (value === undefined) return false
      out.uint32(tagOf(2, WireType.Varint))
      out.int32(value)
      return true
    }
    case 'message': {
      out.uint32(tagOf(2, WireType.LengthDelimited))
      const mark = out.begin()
      writeMessage(element.message, node, undefined, out, context)
      out.end(mark)
      return true
    }
  }
}

const LEAF_REASON: Readonly<Record<BoundLeaf['origin'], TranscodeReason>> = {
  path: 'MALFORMED_PATH_VALUE',
  query: 'MALFORMED_PARAMETER',
}

function writeLeaf(field: FieldPlan, leaf: BoundLeaf, out: WireWriter, context: DecodeContext): void {
  context.malformedReason = LEAF_REASON[leaf.origin]
  writeField(field, leaf.node, undefined, out, context)
  context.malformedReason = 'MALFORMED_FIELD'
}

/** A field that the path binds may stand in the body with the same value, however spelled (`1`, `"1"`), not another. */
function checkEqual(field: FieldPlan, node: TreeNode, leaf: BoundLeaf, context: DecodeContext): void {
  if (!bytesOf(field, node, context).equals(leafBytes(field, leaf, context))) {
    throw context.error(
      'FIELD_BOUND_TWICE',
      `the ${leaf.origin} says ${shorten(leaf.node.text)}, the body says ${describeNode(node)}`,
    )
  }
}

function bytesOf(field: FieldPlan, node: TreeNode, context: DecodeContext): Buffer {
  const out = new WireWriter()
  writeField(field, node, undefined, out, context)
  return Buffer.from(out.finish())
}

/** The wire bytes, with tag, of a field that the path or the query binds. */
export function leafBytes(field: FieldPlan, leaf: BoundLeaf, context: DecodeContext): Buffer {
  const out = new WireWriter()
  writeLeaf(field, leaf, out, context)
  return Buffer.from(out.finish())
}

/** Runs a conversion; what is wrong with the value gets the field's path. */
export function convert<T>(context: DecodeContext, conversion: () => T): T {
  try {
    return conversion()
  } catch (error) {
    if (error instanceof ValueError) throw context.malformed(error.message)
    throw error
  }
}
