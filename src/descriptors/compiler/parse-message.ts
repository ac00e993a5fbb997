import { create } from '@bufbuild/protobuf'
import {
  DescriptorProtoSchema,
  Edition,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  OneofDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { parseEnum, symbolVisibility } from './parse-enum.js'
import { parseField, parseFieldNoLabel } from './parse-field.js'
import { parseExtensionRanges, parseReserved } from './parse-ranges.js'
import { parseOption } from './parse-option.js'
import { MAX_MESSAGE_DEPTH, SyntaxFailure, type ParserState } from './parser-state.js'
import { addSyntheticOneofs } from './synthetic.js'
import { SCALAR_TYPES } from './scalar-types.js'

/** Field numbers of google.protobuf.DescriptorProto. */
export const MESSAGE = {
  name: 1,
  field: 2,
  nested: 3,
  enum: 4,
  extensionRange: 5,
  extension: 6,
  options: 7,
  oneof: 8,
  reservedRange: 9,
  reservedName: 10,
} as const
const ONEOF = { name: 1, options: 2 } as const
const EXTENDEE = 2

/** Where a group or a map entry declared by a field goes: the types of the message or file around it. */
export interface ExtensionScope {
  readonly messages: DescriptorProto[]
  /** Path of that message, or `[]` for the file. */
  readonly path: readonly number[]
  /** Field number of those types in it. */
  readonly nestedNumber: number
}

/** `message Name { … }`, from its keyword on, added to `into`; the message's location `record` is open. */
export function parseMessage(p: ParserState, into: DescriptorProto[], record: number, visibility?: string): void {
  const message = create(DescriptorProtoSchema)
  into.push(message)
  if (visibility !== undefined) message.visibility = symbolVisibility(visibility)
  p.scanner.next()
  const name = p.open(MESSAGE.name)
  message.name = p.identifier('the name of a message')
  p.close(name)
  parseMessageBlock(p, message, record)
}

/** The `{ … }` of a message or group. */
export function parseMessageBlock(p: ParserState, message: DescriptorProto, record: number): void {
  if (p.messageDepth >= MAX_MESSAGE_DEPTH) p.fail(`messages nest deeper than ${MAX_MESSAGE_DEPTH} levels`)
  p.messageDepth++
  p.endDeclaration('{', record, 'after the name of a message')
  const scope: ExtensionScope = {
    messages: message.nestedType,
    path: p.locations.currentPath(),
    nestedNumber: MESSAGE.nested,
  }
  p.block(`message ${message.name}`, () => parseStatement(p, message, scope))
  p.messageDepth--
  if (p.isProto3) addSyntheticOneofs(message)
}

function parseStatement(p: ParserState, message: DescriptorProto, scope: ExtensionScope): void {
  if (p.tryEndDeclaration(';', undefined)) return
  switch (p.scanner.kind === 'identifier' ? p.scanner.token : '') {
    case 'message':
    case 'enum':
      return parseNestedType(p, message, undefined)
    case 'export':
    case 'local':
      if (p.edition >= Edition.EDITION_2024) {
        const visibility = p.scanner.token
        p.scanner.next()
        if (p.lookingAt('message') || p.lookingAt('enum')) return parseNestedType(p, message, visibility)
        p.fail(`expected \`message\` or \`enum\` after \`${visibility}\`, found ${p.found()}`)
      }
      break
    case 'extensions': {
      const record = p.open(MESSAGE.extensionRange)
      parseExtensionRanges(p, message, record)
      return p.close(record)
    }
    case 'reserved':
      return parseReserved(p, message)
    case 'extend': {
      const record = p.open(MESSAGE.extension)
      parseExtend(p, message.extension, scope, record)
      return p.close(record)
    }
    case 'option': {
      const record = p.open(MESSAGE.options)
      parseOption(p, message, true)
      return p.close(record)
    }
    case 'oneof':
      return parseOneof(p, message, scope)
    default:
  }
  const record = p.open(MESSAGE.field, message.field.length)
  const field = create(FieldDescriptorProtoSchema)
  message.field.push(field)
  try {
    parseField(p, field, scope, record)
  } catch (failure) {
    // A field without a name would only cause errors that say nothing.
    if (failure instanceof SyntaxFailure && field.name === '') message.field.splice(message.field.indexOf(field), 1)
    throw failure
  }
  p.close(record)
}

function parseNestedType(p: ParserState, message: DescriptorProto, visibility: string | undefined): void {
  if (p.lookingAt('message')) {
    const record = p.open(MESSAGE.nested, message.nestedType.length)
    parseMessage(p, message.nestedType, record, visibility)
    p.close(record)
  } else {
    const record = p.open(MESSAGE.enum, message.enumType.length)
    parseEnum(p, message.enumType, record, visibility)
    p.close(record)
  }
}

function parseOneof(p: ParserState, message: DescriptorProto, scope: ExtensionScope): void {
  const index = message.oneofDecl.length
  const record = p.open(MESSAGE.oneof, index)
  const oneof = create(OneofDescriptorProtoSchema)
  message.oneofDecl.push(oneof)
  p.scanner.next()
  const name = p.open(ONEOF.name)
  oneof.name = p.identifier('the name of a oneof')
  p.close(name)
  p.endDeclaration('{', record, 'after the name of a oneof')
  p.block(`oneof ${oneof.name}`, () => {
    if (p.lookingAt('option')) {
      const options = p.open(ONEOF.options)
      parseOption(p, oneof, true)
      p.close(options)
      return
    }
    if (p.lookingAt('required') || p.lookingAt('optional') || p.lookingAt('repeated')) {
      p.error(p.scanner.start, `a field of a oneof has no label: \`${p.scanner.token}\``, 'leave the label out')
      p.scanner.next()
    }
    const field = p.locations.openAt(scope.path, p.scanner.start, MESSAGE.field, message.field.length)
    const desc = create(FieldDescriptorProtoSchema)
    desc.label = FieldDescriptorProto_Label.OPTIONAL
    desc.oneofIndex = index
    message.field.push(desc)
    try {
      parseFieldNoLabel(p, desc, scope, field)
    } catch (failure) {
      if (failure instanceof SyntaxFailure && desc.name === '') message.field.splice(message.field.indexOf(desc), 1)
      throw failure
    }
    p.close(field)
  })
  p.close(record)
}

/** `extend Name { … }`: the location `record` of all its extensions is open. */
export function parseExtend(p: ParserState, into: FieldDescriptorProto[], scope: ExtensionScope, record: number): void {
  p.scanner.next()
  const { start } = p.scanner
  const extendee = parseTypeName(p, 'the message to extend')
  const end = p.scanner.previousEnd
  p.endDeclaration('{', record, 'after the message to extend')
  if (p.lookingAt('}')) p.error(p.scanner.start, `nothing is declared in \`extend ${extendee}\``)
  p.block(`extend ${extendee}`, () => {
    const one = p.open(into.length)
    p.locations.add(start, end, EXTENDEE)
    const field = create(FieldDescriptorProtoSchema)
    field.extendee = extendee
    into.push(field)
    try {
      parseField(p, field, scope, one)
    } catch (failure) {
      if (failure instanceof SyntaxFailure && field.name === '') into.splice(into.indexOf(field), 1)
      throw failure
    }
    p.close(one)
  })
}

/** The name of a message or enum, as written: `Book`, `v1.Book`, `.library.v1.Book`. */
export function parseTypeName(p: ParserState, what: string): string {
  if (p.scanner.kind === 'identifier' && SCALAR_TYPES.has(p.scanner.token))
    p.fail(`${what} must be a message, not the scalar ${p.found()}`)
  let name = p.tryConsume('.') ? '.' : ''
  name += p.identifier(what)
  while (p.tryConsume('.')) name += '.' + p.identifier(what)
  return name
}
