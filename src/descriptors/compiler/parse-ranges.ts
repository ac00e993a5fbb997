import { create } from '@bufbuild/protobuf'
import {
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  type DescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { MESSAGE } from './parse-message.js'
import { parseBracketOptions } from './parse-option.js'
import { parseReservedNames } from './parse-reserved.js'
import type { ParserState } from './parser-state.js'

/** Field numbers of DescriptorProto.ExtensionRange and ReservedRange. */
const RANGE = { start: 1, end: 2, options: 3 } as const
const MAX_INT32 = 2_147_483_647n
/** `max` for a field number, exclusive; the linker widens it for a message set. */
export const MAX_FIELD_NUMBER_END = 536_870_912

/** `extensions 100 to 199, 1000 to max [ … ];`: the location `record` of the ranges is open. */
export function parseExtensionRanges(p: ParserState, message: DescriptorProto, record: number): void {
  if (p.isProto3)
    p.error(p.scanner.start, 'extension ranges are not allowed in proto3', 'use a field of type google.protobuf.Any')
  p.scanner.next()
  const first = message.extensionRange.length
  do {
    const range = create(DescriptorProto_ExtensionRangeSchema)
    parseRange(p, range, message.extensionRange.length)
    message.extensionRange.push(range)
  } while (p.tryConsume(','))
  if (p.lookingAt('[')) {
    // The options are those of every range of the statement; so are their locations.
    const { depth } = p.locations
    p.locations.enter(first)
    const from = p.locations.size
    parseBracketOptions(p, message.extensionRange[first]!, RANGE.options)
    p.locations.leave()
    const to = p.locations.size
    const options = p.options.get(message.extensionRange[first]!)
    for (let at = first + 1; at < message.extensionRange.length; at++) {
      if (options !== undefined) p.options.set(message.extensionRange[at]!, options)
      p.locations.copy(from, to, depth, at)
    }
  }
  p.endDeclaration(';', record, 'after extension ranges')
}

/** `reserved 1, 5 to 9;`, `reserved "name";`, or, in editions, `reserved name;`. */
export function parseReserved(p: ParserState, message: DescriptorProto): void {
  const { start } = p.scanner
  p.scanner.next()
  if (p.scanner.kind === 'string' || p.scanner.kind === 'identifier') {
    const record = p.locations.open(start, MESSAGE.reservedName)
    parseReservedNames(p, message.reservedName, record)
    return p.close(record)
  }
  const record = p.locations.open(start, MESSAGE.reservedRange)
  do {
    const range = create(DescriptorProto_ReservedRangeSchema)
    parseRange(p, range, message.reservedRange.length)
    message.reservedRange.push(range)
  } while (p.tryConsume(','))
  p.endDeclaration(';', record, 'after reserved numbers')
  p.close(record)
}

/** `5`, `5 to 9` or `5 to max`, the end exclusive in the result. */
function parseRange(p: ParserState, range: { start: number; end: number }, index: number): void {
  const record = p.open(index)
  const start = p.open(RANGE.start)
  const startOffset = p.scanner.start
  range.start = Number(p.integer('a field number', MAX_INT32))
  p.close(start)
  if (p.tryConsume('to')) {
    const end = p.open(RANGE.end)
    if (p.tryConsume('max')) {
      range.end = MAX_FIELD_NUMBER_END
      p.openEnded.add(range)
    } else range.end = Number(p.integer('the last number of the range, or `max`', MAX_INT32)) + 1
    p.close(end)
  } else {
    range.end = range.start + 1
    p.locations.add(startOffset, p.scanner.previousEnd, RANGE.end)
  }
  p.close(record)
}
