import { ScalarType } from '@bufbuild/protobuf'
import type { MessagePlan, ScalarElement, SpecialForm } from '../plan/types.js'
import { parseDuration } from '../values/duration.js'
import { parseFieldMask } from '../values/field-mask.js'
import { parseFloating } from '../values/float.js'
import { parseTimestamp, type SecondsAndNanos } from '../values/timestamp.js'
import { isDefaultScalar, wireTypeOf, writeScalar } from '../wire/scalar-value.js'
import { tagOf, WireType, type WireWriter } from '../wire/writer.js'
import { planOfTypeUrl } from './any-type.js'
import { convert, type DecodeContext } from './decode-context.js'
import { NodeKind, type TreeNode } from './node.js'
import { describeNode, readScalar } from './read-scalar.js'
import { writeMessage } from './write-message.js'

/**
 * Writes a well-known type from its special JSON form (protobuf.dev ProtoJSON). Field numbers are those of
 * google/protobuf/*.proto, which the plan has checked.
 *
 * @throws StatusError INVALID_ARGUMENT with the field's path
 */
export function writeSpecial(
  form: SpecialForm,
  plan: MessagePlan,
  node: TreeNode,
  out: WireWriter,
  context: DecodeContext,
): void {
  switch (form) {
    case 'any':
      writeAny(node, out, context)
      return
    case 'timestamp':
      writeSecondsAndNanos(
        convert(context, () => parseTimestamp(stringOf(node, 'an RFC 3339 time', context))),
        out,
      )
      return
    case 'duration':
      writeSecondsAndNanos(
        convert(context, () => parseDuration(stringOf(node, 'a duration such as "1.5s"', context))),
        out,
      )
      return
    case 'fieldMask':
      for (const path of convert(context, () =>
        parseFieldMask(stringOf(node, 'a FieldMask in a string', context), node.kind === NodeKind.Text),
      )) {
        out.uint32(tagOf(1, WireType.LengthDelimited))
        out.string(path)
      }
      return
    case 'struct':
      writeStruct(node, out, context)
      return
    case 'value':
      writeValue(node, out, context)
      return
    case 'listValue':
      writeListValue(node, out, context)
      return
    case 'wrapper': {
      const { type } = plan.fields[0]!.element as ScalarElement
      const value = convert(context, () => readScalar(type, node))
      if (isDefaultScalar(value)) return
      out.uint32(tagOf(1, wireTypeOf(type)))
      writeScalar(type, value, out)
      return
    }
  }
}

function stringOf(node: TreeNode, expected: string, context: DecodeContext): string {
  if (node.kind === NodeKind.String || node.kind === NodeKind.Text) return node.text
  throw context.malformed(`${describeNode(node)} is not ${expected}`)
}

function writeSecondsAndNanos({ seconds, nanos }: SecondsAndNanos, out: WireWriter): void {
  if (seconds !== 0n) {
    out.uint32(tagOf(1, WireType.Varint))
    out.varint64(seconds)
  }
  if (nanos !== 0) {
    out.uint32(tagOf(2, WireType.Varint))
    out.int32(nanos)
  }
}

function writeStruct(node: TreeNode, out: WireWriter, context: DecodeContext): void {
  if (!node.isObject) throw context.malformed(`${describeNode(node)} is not an object`)
  context.enter()
  for (let i = 0; i < node.items.length; i++) {
    const key = node.keys[i]!
    context.path.push(key)
    out.uint32(tagOf(1, WireType.LengthDelimited))
    const entry = out.begin()
    out.uint32(tagOf(1, WireType.LengthDelimited))
    out.string(key)
    out.uint32(tagOf(2, WireType.LengthDelimited))
    const value = out.begin()
    writeValue(node.items[i]!, out, context)
    out.end(value)
    out.end(entry)
    context.path.pop()
  }
  context.leave()
}

function writeListValue(node: TreeNode, out: WireWriter, context: DecodeContext): void {
  if (node.kind !== NodeKind.Array) throw context.malformed(`${describeNode(node)} is not an array`)
  context.enter()
  for (let i = 0; i < node.items.length; i++) {
    context.path.push(i)
    out.uint32(tagOf(1, WireType.LengthDelimited))
    const value = out.begin()
    writeValue(node.items[i]!, out, context)
    out.end(value)
    context.path.pop()
  }
  context.leave()
}

function writeValue(node: TreeNode, out: WireWriter, context: DecodeContext): void {
  switch (node.kind) {
    case NodeKind.Null:
      out.uint32(tagOf(1, WireType.Varint))
      out.uint32(0)
      return
    case NodeKind.Number: {
      const value = convert(context, () => parseFloating(ScalarType.DOUBLE, node.text, false, false))
      out.uint32(tagOf(2, WireType.Fixed64))
      out.double(value)
      return
    }
    case NodeKind.False:
    case NodeKind.True:
      out.uint32(tagOf(4, WireType.Varint))
      out.uint32(node.kind === NodeKind.True ? 1 : 0)
      return
    case NodeKind.Array:
    case NodeKind.Object: {
      const isObject = node.kind === NodeKind.Object
      out.uint32(tagOf(isObject ? 5 : 6, WireType.LengthDelimited))
      const mark = out.begin()
      if (isObject) writeStruct(node, out, context)
      else writeListValue(node, out, context)
      out.end(mark)
      return
    }
    default:
      out.uint32(tagOf(3, WireType.LengthDelimited))
      out.string(node.text)
  }
}

const TYPE_KEY = '@type'

/** `{"@type": "…/full.Name", …}`; with `value` where the type has a special form itself. */
function writeAny(node: TreeNode, out: WireWriter, context: DecodeContext): void {
  if (!node.isObject) throw context.malformed(`${describeNode(node)} is not an object`)
  if (node.keys.length === 0) return
  const plan = typeOfAny(node, context)
  context.enter()
  out.uint32(tagOf(1, WireType.LengthDelimited))
  out.string(node.items[node.keys.indexOf(TYPE_KEY)]!.text)
  const start = out.length
  out.uint32(tagOf(2, WireType.LengthDelimited))
  const mark = out.begin()
  if (plan.form === undefined) {
    writeMessage(plan, node, undefined, out, context, TYPE_KEY)
  } else {
    const value = specialValueOf(node, context)
    context.path.push('value')
    writeSpecial(plan.form, plan, value, out, context)
    context.path.pop()
  }
  if (out.length === mark + 1) out.rewind(start)
  else out.end(mark)
  context.leave()
}

/** The plan of the type that `@type` names, wherever it stands in the object. */
function typeOfAny(node: TreeNode, context: DecodeContext): MessagePlan {
  const type = node.items[node.keys.indexOf(TYPE_KEY)]
  if (type === undefined) throw context.malformed('an Any without "@type"')
  context.path.push(TYPE_KEY)
  if (type.kind !== NodeKind.String) throw context.malformed(`${describeNode(type)} is not a string`)
  const plan = convert(context, () => planOfTypeUrl(type.text, context.plans))
  context.path.pop()
  return plan
}

/** The `value` of an Any whose type has a special form, and nothing beside it. */
function specialValueOf(node: TreeNode, context: DecodeContext): TreeNode {
  let value: TreeNode | undefined
  for (let i = 0; i < node.keys.length; i++) {
    const key = node.keys[i]!
    if (key === 'value') value = node.items[i]!
    else if (key !== TYPE_KEY && !context.ignoresUnknown) {
      context.path.push(key)
      throw context.error('UNKNOWN_FIELD', 'an Any of this type has only "@type" and "value"')
    }
  }
  if (value === undefined) throw context.malformed('an Any of this type needs a "value"')
  return value
}
