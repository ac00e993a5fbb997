import type { ParserState } from './parser-state.js'
import type { AggregateField, DescriptorElement, OptionNamePart, OptionValue } from './syntax.js'
import { UNINTERPRETED_OPTION } from './locations.js'

/** Field numbers of google.protobuf.UninterpretedOption, which SourceCodeInfo paths of options continue with. */
const NAME = 2
const NAME_PART = 1
const VALUE_NUMBERS = { identifier: 3, positive: 4, negative: 5, float: 6, string: 7, message: 8 } as const

const MAX_UINT64 = (1n << 64n) - 1n
const MIN_INT64 = -(1n << 63n)
/** How deep aggregate values may nest; nothing real comes near it. */
const MAX_AGGREGATE_DEPTH = 100

/**
 * `option name = value;` (a statement) or `name = value` (inside brackets), added to the element's options.
 * The current location is the element's `options` field.
 */
export function parseOption(p: ParserState, element: DescriptorElement, isStatement: boolean): void {
  const index = p.options.get(element)?.length ?? 0
  const record = p.open(UNINTERPRETED_OPTION, index)
  const { start } = p.scanner
  if (isStatement) p.consume('option', 'at the start of an option')
  const name = parseOptionName(p)
  p.consume('=', 'after the name of an option')
  const valueRecord = p.open(-1)
  const value = parseOptionValue(p)
  p.locations.extend(valueRecord, valueNumber(value))
  p.close(valueRecord)
  p.addOption(element, { name, value, start })
  if (isStatement) p.endDeclaration(';', record, 'after an option')
  p.close(record)
}

/** `[a = 1, (b).c = "x"]` after an element; `special` takes what only looks like an option (default, json_name). */
export function parseBracketOptions(
  p: ParserState,
  element: DescriptorElement,
  optionsNumber: number,
  special?: () => boolean,
): void {
  if (!p.lookingAt('[')) return
  const record = p.open(optionsNumber)
  p.consume('[', 'before options')
  do {
    if (special === undefined || !special()) parseOption(p, element, false)
  } while (p.tryConsume(','))
  p.consume(']', 'after options')
  p.close(record)
}

function parseOptionName(p: ParserState): OptionNamePart[] {
  const record = p.open(NAME)
  const parts: OptionNamePart[] = []
  do {
    const part = p.open(parts.length)
    const { start } = p.scanner
    if (p.tryConsume('(')) {
      const inner = p.open(NAME_PART)
      let text = p.tryConsume('.') ? '.' : ''
      text += p.identifier('the name of an option')
      while (p.tryConsume('.')) text += '.' + p.identifier('the name of an option')
      p.close(inner)
      p.consume(')', 'after the name of a custom option')
      parts.push({ text, isExtension: true, start, resolved: undefined })
    } else {
      const inner = p.open(NAME_PART)
      parts.push({ text: p.identifier('the name of an option'), isExtension: false, start, resolved: undefined })
      p.close(inner)
    }
    p.close(part)
  } while (p.tryConsume('.'))
  p.close(record)
  return parts
}

function parseOptionValue(p: ParserState): OptionValue {
  if (p.lookingAt('{')) return parseAggregate(p, '}', 0)
  return parseScalar(p)
}

/** A default value: as an option's, but never an aggregate. */
export function parseScalar(p: ParserState): OptionValue {
  const { start } = p.scanner
  if (p.scanner.kind === 'string') return { kind: 'string', start, value: p.bytes() }
  const isNegative = p.tryConsume('-')
  const { kind, token } = p.scanner
  if (kind === 'identifier') {
    p.scanner.next()
    if (isNegative && token !== 'inf' && token !== 'nan' && token !== 'infinity')
      p.error(start, `expected a number after \`-\`, found \`${token}\``)
    return { kind: 'identifier', start, text: token, isNegative }
  }
  if (kind === 'integer') {
    const value = p.integer('an integer', 1n << 4096n)
    const signed = isNegative ? -value : value
    // Beyond 64 bits a decimal literal is still a double.
    if (signed > MAX_UINT64 || signed < MIN_INT64)
      return { kind: 'float', start, value: (isNegative ? -1 : 1) * Number(token) }
    // `-0` is a double's minus zero; an integer does not tell them apart.
    if (isNegative && value === 0n) return { kind: 'float', start, value: -0 }
    return { kind: 'integer', start, value: signed }
  }
  if (kind === 'float') {
    p.scanner.next()
    return { kind: 'float', start, value: (isNegative ? -1 : 1) * Number(token) }
  }
  return p.fail(`expected a value, found ${p.found()}`)
}

/** `{ name: value … }` in the text format (protobuf.dev, "Text Format Language Specification"). */
function parseAggregate(p: ParserState, close: string, depth: number): OptionValue {
  const { start } = p.scanner
  if (depth >= MAX_AGGREGATE_DEPTH) p.fail(`this value nests deeper than ${MAX_AGGREGATE_DEPTH} levels`)
  p.scanner.next()
  const fields: AggregateField[] = []
  while (!p.tryConsume(close)) {
    if (p.atEnd) p.fail(`the file ends inside an option's value: \`${close}\` is missing`)
    fields.push(parseAggregateField(p, depth))
    if (!p.tryConsume(',')) p.tryConsume(';')
  }
  return { kind: 'message', start, fields }
}

function parseAggregateField(p: ParserState, depth: number): AggregateField {
  const { start } = p.scanner
  let kind: AggregateField['kind'] = 'field'
  let text: string
  if (p.tryConsume('[')) {
    kind = 'extension'
    text = ''
    while (!p.lookingAt(']')) {
      const isPart =
        p.scanner.kind === 'identifier' ||
        p.lookingAt('.') ||
        p.lookingAt('/') ||
        p.lookingAt('-') ||
        p.scanner.kind === 'integer'
      if (!isPart) p.fail(`expected the name of an extension or a type URL and \`]\`, found ${p.found()}`)
      if (p.lookingAt('/')) kind = 'any'
      text += p.scanner.token
      p.scanner.next()
    }
    if (text === '') p.fail('expected the name of an extension or a type URL, found `]`')
    p.scanner.next()
  } else text = p.identifier('the name of a field or `}`')
  const hasColon = p.tryConsume(':')
  if (!hasColon && !p.lookingAt('{') && !p.lookingAt('<') && !p.lookingAt('['))
    p.fail(`expected \`:\` and a value after \`${text}\`, found ${p.found()}`)
  return { kind, text, start, value: parseAggregateValue(p, depth, true), resolved: undefined }
}

function parseAggregateValue(p: ParserState, depth: number, acceptsList: boolean): OptionValue {
  if (p.lookingAt('{')) return parseAggregate(p, '}', depth + 1)
  if (p.lookingAt('<')) return parseAggregate(p, '>', depth + 1)
  if (!p.lookingAt('[')) return parseScalar(p)
  if (!acceptsList) p.fail('a list inside a list')
  const { start } = p.scanner
  p.scanner.next()
  const items: OptionValue[] = []
  if (!p.tryConsume(']')) {
    do items.push(parseAggregateValue(p, depth, false))
    while (p.tryConsume(','))
    p.consume(']', 'after a list')
  }
  return { kind: 'list', start, items }
}

function valueNumber(value: OptionValue): number {
  switch (value.kind) {
    case 'integer':
      return value.value < 0n ? VALUE_NUMBERS.negative : VALUE_NUMBERS.positive
    case 'list':
      return VALUE_NUMBERS.message
    default:
      return VALUE_NUMBERS[value.kind]
  }
}
