import { create } from '@bufbuild/protobuf'
import {
  EnumDescriptorProtoSchema,
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumValueDescriptorProtoSchema,
  SymbolVisibility,
  type EnumDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { parseBracketOptions, parseOption } from './parse-option.js'
import { parseReservedNames } from './parse-reserved.js'
import type { ParserState } from './parser-state.js'

/** Field numbers of google.protobuf.EnumDescriptorProto and EnumValueDescriptorProto. */
const ENUM = { name: 1, value: 2, options: 3, reservedRange: 4, reservedName: 5 } as const
const VALUE = { name: 1, number: 2, options: 3 } as const
const RANGE = { start: 1, end: 2 } as const

const MAX_INT32 = 2_147_483_647

/** `export` or `local` before a type (edition 2024). */
export function symbolVisibility(keyword: string): SymbolVisibility {
  return keyword === 'export' ? SymbolVisibility.VISIBILITY_EXPORT : SymbolVisibility.VISIBILITY_LOCAL
}

/** `enum Name { … }`, from its keyword on, added to `into`; the enum's location `record` is open. */
export function parseEnum(p: ParserState, into: EnumDescriptorProto[], record: number, visibility?: string): void {
  const desc = create(EnumDescriptorProtoSchema)
  into.push(desc)
  if (visibility !== undefined) desc.visibility = symbolVisibility(visibility)
  p.scanner.next()
  const name = p.open(ENUM.name)
  desc.name = p.identifier('the name of an enum')
  p.close(name)
  p.endDeclaration('{', record, 'after the name of an enum')
  p.block(`enum ${desc.name}`, () => {
    if (p.tryEndDeclaration(';', undefined)) return
    if (p.lookingAt('option')) {
      const options = p.open(ENUM.options)
      parseOption(p, desc, true)
      p.close(options)
    } else if (p.lookingAt('reserved')) parseEnumReserved(p, desc)
    else parseEnumValue(p, desc)
  })
}

function parseEnumValue(p: ParserState, desc: EnumDescriptorProto): void {
  const record = p.open(ENUM.value, desc.value.length)
  const value = create(EnumValueDescriptorProtoSchema)
  const name = p.open(VALUE.name)
  value.name = p.identifier('an enum value, `option`, `reserved` or `}`')
  p.close(name)
  desc.value.push(value)
  p.consume('=', 'and a number after the name of an enum value')
  const number = p.open(VALUE.number)
  value.number = signedInt32(p, 'the number of an enum value')
  p.close(number)
  parseBracketOptions(p, value, VALUE.options)
  p.endDeclaration(';', record, 'after an enum value')
  p.close(record)
}

function parseEnumReserved(p: ParserState, desc: EnumDescriptorProto): void {
  const { start } = p.scanner
  p.scanner.next()
  if (p.scanner.kind === 'string' || p.scanner.kind === 'identifier') {
    const record = p.locations.open(start, ENUM.reservedName)
    parseReservedNames(p, desc.reservedName, record)
    p.close(record)
    return
  }
  const record = p.locations.open(start, ENUM.reservedRange)
  do {
    const range = create(EnumDescriptorProto_EnumReservedRangeSchema)
    const one = p.open(desc.reservedRange.length)
    const first = p.open(RANGE.start)
    const firstStart = p.scanner.start
    range.start = signedInt32(p, 'a number to reserve')
    p.close(first)
    if (p.tryConsume('to')) {
      const last = p.open(RANGE.end)
      if (p.tryConsume('max')) range.end = MAX_INT32
      else range.end = signedInt32(p, 'the last number of the range, or `max`')
      p.close(last)
    } else {
      range.end = range.start
      p.locations.add(firstStart, p.scanner.previousEnd, RANGE.end)
    }
    desc.reservedRange.push(range)
    p.close(one)
  } while (p.tryConsume(','))
  p.endDeclaration(';', record, 'after reserved numbers')
  p.close(record)
}

function signedInt32(p: ParserState, what: string): number {
  const isNegative = p.tryConsume('-')
  const value = Number(p.integer(what, isNegative ? 2_147_483_648n : 2_147_483_647n))
  return isNegative && value !== 0 ? -value : value
}
