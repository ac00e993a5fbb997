import { create } from '@bufbuild/protobuf'
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { parseMessageBlock, parseTypeName, MESSAGE, type ExtensionScope } from './parse-message.js'
import { parseBracketOptions, parseScalar } from './parse-option.js'
import type { ParserState } from './parser-state.js'
import { SCALAR_TYPES } from './scalar-types.js'
import { mapEntry, type MapTypes } from './synthetic.js'

/** Field numbers of google.protobuf.FieldDescriptorProto. */
export const FIELD = {
  name: 1,
  extendee: 2,
  number: 3,
  label: 4,
  type: 5,
  typeName: 6,
  defaultValue: 7,
  options: 8,
  oneofIndex: 9,
  jsonName: 10,
} as const

const LABELS = new Map([
  ['optional', Label.OPTIONAL],
  ['required', Label.REQUIRED],
  ['repeated', Label.REPEATED],
])

/** A field or extension with its label, if it has one; its location `record` is open. */
export function parseField(p: ParserState, field: FieldDescriptorProto, scope: ExtensionScope, record: number): void {
  const label = p.scanner.kind === 'identifier' ? LABELS.get(p.scanner.token) : undefined
  if (label === undefined) return parseFieldNoLabel(p, field, scope, record)
  const labelRecord = p.open(FIELD.label)
  field.label = label
  if (label === Label.OPTIONAL && p.isProto3) field.proto3Optional = true
  if (p.isEditions && label !== Label.REPEATED)
    p.error(
      p.scanner.start,
      `\`${p.scanner.token}\` is not allowed in editions`,
      label === Label.OPTIONAL
        ? 'leave it out: fields have presence by default'
        : 'use `features.field_presence = LEGACY_REQUIRED`',
    )
  if (p.isProto3 && label === Label.REQUIRED)
    p.error(p.scanner.start, 'required fields are not allowed in proto3', 'leave `required` out')
  p.scanner.next()
  p.close(labelRecord)
  parseFieldNoLabel(p, field, scope, record)
}

/** The rest of a field, from its type on. */
export function parseFieldNoLabel(
  p: ParserState,
  field: FieldDescriptorProto,
  scope: ExtensionScope,
  record: number,
): void {
  const map = parseFieldType(p, field)
  const nameStart = p.scanner.start
  const name = p.open(FIELD.name)
  field.name = p.identifier('the name of a field')
  const nameEnd = p.scanner.previousEnd
  p.close(name)
  p.consume('=', 'and a number after the name of a field')
  const number = p.open(FIELD.number)
  field.number = Number(p.integer('the number of a field', 2_147_483_647n))
  p.close(number)
  parseBracketOptions(p, field, FIELD.options, () => parsePseudoOption(p, field, record))
  if (field.type === Type.GROUP && field.typeName === '') parseGroup(p, field, scope, record, nameStart, nameEnd)
  else p.endDeclaration(';', record, 'after a field')
  if (map !== undefined) {
    const entry = mapEntry(field.name, map)
    field.label = Label.REPEATED
    field.typeName = entry.name
    scope.messages.push(entry)
    // protoc gives the features of a map field to its keys and values too.
    const features = p.options.get(field)?.filter(({ name }) => name[0]!.text === 'features') ?? []
    if (features.length > 0) for (const part of entry.field) p.options.set(part, features)
  }
}

/** The type of a field; the types of its keys and values if it is a map. */
function parseFieldType(p: ParserState, field: FieldDescriptorProto): MapTypes | undefined {
  const { start } = p.scanner
  const record = p.open(-1)
  let typeName: string | undefined
  if (p.scanner.kind === 'identifier' && p.lookingAt('map')) {
    p.scanner.next()
    if (p.lookingAt('<')) {
      p.locations.extend(record, FIELD.typeName)
      if (Object.hasOwn(field, 'oneofIndex')) p.error(start, 'a map is not allowed in a oneof')
      if (field.label === Label.REPEATED || field.label === Label.REQUIRED || field.proto3Optional)
        p.error(start, 'a map field has no label', 'leave the label out')
      if (field.extendee !== '') p.error(start, 'a map is not allowed as an extension')
      const map = parseMapTypes(p)
      p.close(record)
      return map
    }
    // A message or enum that happens to be called `map`.
    typeName = 'map'
    while (p.tryConsume('.')) typeName += '.' + p.identifier('the type of a field')
  }
  if (!hasLabel(field)) {
    if (!p.isProto3 && !p.isEditions)
      p.error(start, 'a proto2 field needs a label', 'put `optional`, `required` or `repeated` before its type')
    field.label = Label.OPTIONAL
  }
  const scalar =
    typeName === undefined && p.scanner.kind === 'identifier' ? SCALAR_TYPES.get(p.scanner.token) : undefined
  if (scalar !== undefined) {
    if (scalar === Type.GROUP && p.isEditions)
      p.error(start, 'groups are not allowed in editions', 'use `features.message_encoding = DELIMITED`')
    if (scalar === Type.GROUP && p.isProto3) p.error(start, 'groups are not allowed in proto3', 'use a nested message')
    field.type = scalar
    p.scanner.next()
    p.locations.extend(record, FIELD.type)
  } else {
    field.typeName = typeName ?? parseTypeName(p, 'the type of a field')
    p.locations.extend(record, FIELD.typeName)
  }
  p.close(record)
  return undefined
}

function parseMapTypes(p: ParserState): MapTypes {
  p.consume('<', 'after `map`')
  const key = parseMapType(p, 'the type of a map key')
  p.consume(',', 'between the types of a map')
  const value = parseMapType(p, 'the type of a map value')
  p.consume('>', 'after the types of a map')
  return { key, value }
}

function parseMapType(p: ParserState, what: string): MapTypes['key'] {
  const scalar = p.scanner.kind === 'identifier' ? SCALAR_TYPES.get(p.scanner.token) : undefined
  if (scalar === undefined) return { type: undefined, typeName: parseTypeName(p, what) }
  if (scalar === Type.GROUP) p.fail('a group cannot be in a map')
  p.scanner.next()
  return { type: scalar, typeName: undefined }
}

/** `default = …` and `json_name = …`, which stand among the options but are fields of FieldDescriptorProto. */
function parsePseudoOption(p: ParserState, field: FieldDescriptorProto, fieldRecord: number): boolean {
  const { start } = p.scanner
  if (p.lookingAt('default')) {
    if (p.defaults.has(field)) p.error(start, 'a field has one default value only')
    if (p.isProto3) p.error(start, 'default values are not allowed in proto3')
    p.scanner.next()
    p.consume('=', 'after `default`')
    const record = p.locations.openAt(p.locations.pathOf(fieldRecord), p.scanner.start, FIELD.defaultValue)
    if (p.lookingAt('{')) p.fail('a message field has no default value')
    p.defaults.set(field, parseScalar(p))
    p.close(record)
    return true
  }
  if (p.lookingAt('json_name')) {
    if (field.jsonName !== '') p.error(start, 'a field has one `json_name` only')
    const record = p.locations.openAt(p.locations.pathOf(fieldRecord), start, FIELD.jsonName)
    p.scanner.next()
    p.consume('=', 'after `json_name`')
    const value = p.open(-1)
    field.jsonName = p.string('a JSON name, in quotes')
    p.close(value)
    p.close(record)
    return true
  }
  return false
}

/** A group is a message and a field of its type, declared in one. */
function parseGroup(
  p: ParserState,
  field: FieldDescriptorProto,
  scope: ExtensionScope,
  record: number,
  nameStart: number,
  nameEnd: number,
): void {
  const group = create(DescriptorProtoSchema)
  group.name = field.name
  const first = field.name.charCodeAt(0)
  if (first < 65 || first > 90) p.error(nameStart, 'the name of a group begins with a capital letter')
  const groupRecord = p.locations.openAt(
    scope.path,
    p.locations.startOf(record),
    scope.nestedNumber,
    scope.messages.length,
  )
  scope.messages.push(group)
  p.locations.add(nameStart, nameEnd, MESSAGE.name)
  // protoc records the field's type_name after the group's name.
  const typeName = p.locations.openAt(p.locations.pathOf(record), nameStart, FIELD.typeName)
  p.locations.close(typeName, nameEnd)
  field.name = field.name.toLowerCase()
  field.typeName = group.name
  if (!p.lookingAt('{')) p.fail(`expected \`{\` and the fields of a group, found ${p.found()}`)
  parseMessageBlock(p, group, groupRecord)
  p.close(groupRecord)
}

function hasLabel(field: FieldDescriptorProto): boolean {
  return Object.hasOwn(field, 'label')
}
