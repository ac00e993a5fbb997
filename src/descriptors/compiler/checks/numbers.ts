import { FieldDescriptorProto_Type as Type, type DescriptorProto } from '@bufbuild/protobuf/wkt'
import type { LinkContext } from '../link-context.js'
import { FIELD } from '../parse-field.js'
import { MESSAGE } from '../parse-message.js'
import { MAX_FIELD_NUMBER_END } from '../parse-ranges.js'
import type { MessageDeclaration } from './declarations.js'

/** Kept for the implementation (protobuf language specification, "Assigning Field Numbers"). */
const IMPLEMENTATION = { start: 19_000, end: 20_000 } as const
const MAX_INT32_END = 2_147_483_648

interface NumberRange {
  readonly start: number
  readonly end: number
  readonly what: string
}

/** Field numbers: in range, used once, and outside what is reserved or left to extensions. */
export function checkNumbers(context: LinkContext, { symbol, path }: MessageDeclaration): void {
  const { proto, fullName } = symbol
  const byNumber = new Map<number, string>()
  const reservedNames = new Set<string>()
  proto.reservedName.forEach((name, index) => {
    const where = [...path, MESSAGE.reservedName, index]
    if (reservedNames.has(name)) context.error(where, `name \`${name}\` is reserved twice`, fullName)
    reservedNames.add(name)
  })
  const ranges = checkRanges(context, proto, fullName, path)
  checkExtensionDeclarations(context, proto, fullName, path)
  if (proto.options?.messageSetWireFormat === true && proto.field[0] !== undefined)
    context.error([...path, MESSAGE.field, 0], 'a message set has no fields, only extensions', fullName)
  proto.field.forEach((field, index) => {
    const selector = `${fullName}.${field.name}`
    const where = [...path, MESSAGE.field, index, FIELD.number]
    checkFieldNumber(context, field.number, where, selector, MAX_FIELD_NUMBER_END)
    const other = byNumber.get(field.number)
    if (other === undefined) byNumber.set(field.number, field.name)
    else
      context.error(
        where,
        `field number ${field.number} is used by \`${other}\` already`,
        selector,
        `next free number: ${nextFree(proto, ranges)}`,
      )
    const range = ranges.find(({ start, end }) => field.number >= start && field.number < end)
    if (range !== undefined)
      context.error(where, `field number ${field.number} is ${range.what}`, selector, 'use another number')
    if (reservedNames.has(field.name))
      context.error(
        [...path, MESSAGE.field, index, FIELD.name],
        `name \`${field.name}\` is reserved`,
        selector,
        'use another name',
      )
    if (field.type === Type.GROUP && reservedNames.has(field.typeName.slice(field.typeName.lastIndexOf('.') + 1)))
      context.error(
        [...path, MESSAGE.field, index, FIELD.name],
        `the name of group \`${field.name}\` is reserved`,
        selector,
      )
  })
}

/** @param end one past the largest number allowed */
export function checkFieldNumber(
  context: LinkContext,
  number: number,
  where: readonly number[],
  selector: string,
  end: number,
): void {
  if (number < 1) context.error(where, `field number ${number}: field numbers begin at 1`, selector)
  else if (number >= end)
    context.error(where, `field number ${number} is too large: the largest is ${end - 1}`, selector)
  else if (number >= IMPLEMENTATION.start && number < IMPLEMENTATION.end)
    context.error(where, `field number ${number}: 19000 to 19999 are kept for the protobuf implementation`, selector)
}

function checkRanges(
  context: LinkContext,
  proto: DescriptorProto,
  fullName: string,
  path: readonly number[],
): NumberRange[] {
  const end = proto.options?.messageSetWireFormat === true ? MAX_INT32_END : MAX_FIELD_NUMBER_END
  const ranges: NumberRange[] = []
  const add = (range: { start: number; end: number }, kind: string, where: readonly number[]) => {
    const written = range.end - range.start === 1 ? `${range.start}` : `${range.start} to ${range.end - 1}`
    if (range.start < 1) context.error(where, `${kind} ${written}: field numbers begin at 1`, fullName)
    else if (range.start >= range.end) context.error(where, `${kind} ${written} ends before it begins`, fullName)
    else if (range.end > end)
      context.error(where, `${kind} ${written}: the largest field number is ${end - 1}`, fullName)
    const other = ranges.find((one) => range.start < one.end && one.start < range.end)
    if (other !== undefined)
      context.error(
        where,
        `${kind} ${written} overlaps with ${other.start} to ${other.end - 1}, which is ${other.what}`,
        fullName,
      )
    ranges.push({ ...range, what: kind === 'reserved range' ? 'reserved' : 'in an extension range' })
  }
  proto.reservedRange.forEach((range, index) => add(range, 'reserved range', [...path, MESSAGE.reservedRange, index]))
  proto.extensionRange.forEach((range, index) =>
    add(range, 'extension range', [...path, MESSAGE.extensionRange, index]),
  )
  return ranges
}

/** Declarations of extensions stand in the range they are of, each number and name once. */
function checkExtensionDeclarations(
  context: LinkContext,
  proto: DescriptorProto,
  fullName: string,
  path: readonly number[],
): void {
  const names = new Set<string>()
  proto.extensionRange.forEach((range, index) => {
    const where = [...path, MESSAGE.extensionRange, index]
    const numbers = new Set<number>()
    for (const { number, fullName: name, type, reserved } of range.options?.declaration ?? []) {
      if (number < range.start || number >= range.end)
        context.error(where, `declared extension ${number} is not in its range`, fullName)
      if (numbers.has(number)) context.error(where, `extension ${number} is declared twice`, fullName)
      numbers.add(number)
      if (!reserved && (name === '' || type === ''))
        context.error(where, `declared extension ${number} needs \`full_name\` and \`type\``, fullName)
      if (name !== '' && names.has(name)) context.error(where, `extension \`${name}\` is declared twice`, fullName)
      names.add(name)
    }
  })
}

function nextFree(proto: DescriptorProto, ranges: readonly NumberRange[]): number {
  const used = new Set(proto.field.map(({ number }) => number))
  for (let number = 1; ; number++) {
    const range = ranges.find(({ start, end }) => number >= start && number < end)
    if (range !== undefined && range.end < MAX_FIELD_NUMBER_END) number = range.end - 1
    else if (!used.has(number)) return number
  }
}
