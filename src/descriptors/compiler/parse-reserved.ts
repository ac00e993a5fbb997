import type { ParserState } from './parser-state.js'

/**
 * The names after `reserved`: strings before editions, identifiers since (protobuf.dev, editions 2023 specification).
 */
export function parseReservedNames(p: ParserState, into: string[], record: number): void {
  const isString = p.scanner.kind === 'string'
  if (isString && p.isEditions)
    p.error(p.scanner.start, 'reserved names are identifiers in editions, not strings', 'leave the quotes out')
  if (!isString && !p.isEditions)
    p.error(p.scanner.start, 'reserved names are strings before editions', 'put the name in quotes')
  do {
    const one = p.open(into.length)
    into.push(isString ? p.string('a name to reserve') : p.identifier('a name to reserve'))
    p.close(one)
  } while (p.tryConsume(','))
  p.endDeclaration(';', record, 'after reserved names')
}
