import { ScalarType } from '@bufbuild/protobuf'
import { quote, shorten, ValueError } from '../errors/transcode-error.js'
import { suggestName } from '../errors/nearest.js'
import type { EnumPlan } from '../plan/types.js'
import { parseBase64 } from '../values/base64.js'
import { parseFloating } from '../values/float.js'
import { parseEnumNumber, parseInteger } from '../values/integer.js'
import type { ScalarValue } from '../wire/scalar-value.js'
import { NodeKind, type TreeNode } from './node.js'

/**
 * The scalar a node stands for in a field of the type (protobuf.dev ProtoJSON, "JSON/ProtoJSON Representation"). A node
 * of kind Text is read as the unquoted text of any kind.
 *
 * @throws ValueError
 */
export function readScalar(type: ScalarType, node: TreeNode): ScalarValue {
  const { kind, text } = node
  switch (type) {
    case ScalarType.BOOL:
      if (kind === NodeKind.True || (kind === NodeKind.Text && text === 'true')) return true
      if (kind === NodeKind.False || (kind === NodeKind.Text && text === 'false')) return false
      throw new ValueError(`${describeNode(node)} is not a bool`)
    case ScalarType.STRING:
      if (kind === NodeKind.String || kind === NodeKind.Text) return text
      throw new ValueError(`${describeNode(node)} is not a string`)
    case ScalarType.BYTES:
      if (kind === NodeKind.String || kind === NodeKind.Text) return parseBase64(text)
      throw new ValueError(`${describeNode(node)} is not base64 in a string`)
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      if (kind !== NodeKind.Number && kind !== NodeKind.String && kind !== NodeKind.Text) {
        throw new ValueError(`${describeNode(node)} is not a number`)
      }
      return parseFloating(type, text, kind !== NodeKind.Number, kind !== NodeKind.Number)
    default:
      if (kind !== NodeKind.Number && kind !== NodeKind.String && kind !== NodeKind.Text) {
        throw new ValueError(`${describeNode(node)} is not a number`)
      }
      return parseInteger(type, text, kind !== NodeKind.Number)
  }
}

/**
 * The number an enum's node stands for, or undefined where the enum has no such name and unknown ones are ignored.
 *
 * @throws ValueError
 */
export function readEnum(plan: EnumPlan, node: TreeNode, ignoresUnknown: boolean): number | undefined {
  const { kind, text } = node
  if (plan.isNullValue && (kind === NodeKind.Null || (kind === NodeKind.Text && text === 'null'))) return plan.zero
  if (kind === NodeKind.String || kind === NodeKind.Text) {
    const known = plan.numbers.get(text)
    if (known !== undefined) return known
  }
  if (kind === NodeKind.Number || kind === NodeKind.Text) {
    const number = parseEnumNumber(text)
    if (number !== undefined) {
      const isKept = plan.isOpen || plan.quotedNames.has(number)
      if (isKept || (ignoresUnknown && kind === NodeKind.Number)) return number
      throw new ValueError(`${number} is not a value of the closed enum ${plan.desc.name}`)
    }
  }
  if (kind === NodeKind.String && ignoresUnknown) return undefined
  throw new ValueError(
    `${describeNode(node)} is not a value of the enum ${plan.desc.name}${suggestName(text, [...plan.numbers.keys()])}`,
  )
}

/** A node as an error message names it: its text, shortened, or its kind. */
export function describeNode(node: TreeNode): string {
  switch (node.kind) {
    case NodeKind.Null:
      return 'null'
    case NodeKind.Array:
      return 'an array'
    case NodeKind.Object:
      return 'an object'
    case NodeKind.String:
    case NodeKind.Text:
      return quote(node.text)
    default:
      return shorten(node.text)
  }
}
