import { shorten } from '../errors/transcode-error.js'
import type { ElementPlan, FieldPlan, MessageElement, ScalarElement } from '../plan/types.js'
import type { TranscodeReason } from '../reasons.js'
import { isDefaultScalar, wireTypeOf, writeScalar, type ScalarValue } from '../wire/scalar-value.js'
import { tagOf, WireType, WireWriter } from '../wire/writer.js'
import { BoundMessage, type BoundLeaf } from './bound-message.js'
import { convert, type DecodeContext } from './decode-context.js'
import { NodeKind, TreeNode } from './node.js'
import { describeNode, readEnum, readScalar } from './read-scalar.js'
import { writeMessage } from './write-message.js'

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

/** The same for the item of a list and the value of a map's entry. */
export function elementTakesNull(element: ElementPlan): boolean {
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

/** Writes a message field with its tag, from the tree, from what is bound within it, or from both. */
export function writeSubmessage(
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
  body: 'MALFORMED_FIELD',
}

/** Writes a field from the path or the query. */
export function writeLeaf(field: FieldPlan, leaf: BoundLeaf, out: WireWriter, context: DecodeContext): void {
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
