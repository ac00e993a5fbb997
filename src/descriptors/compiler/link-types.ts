import {
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { linkDefault } from './default-value.js'
import type { LinkContext } from './link-context.js'
import { jsonNameOf } from './names.js'
import { FIELD } from './parse-field.js'
import { MESSAGE } from './parse-message.js'
import { MAX_FIELD_NUMBER_END } from './parse-ranges.js'
import { isUnresolved } from './pool.js'
import { FILE_ELEMENTS } from './register.js'

const METHOD = { inputType: 2, outputType: 3 } as const
const SERVICE_METHOD = 2
const MAX_INT32 = 2_147_483_647

/**
 * Resolves the types that a file's fields, extensions and methods name, and fills in what follows from them: `type`,
 * the full `type_name`, `json_name`, `default_value`.
 */
export function linkTypes(context: LinkContext): void {
  const { proto } = context.file
  const prefix = proto.package === '' ? '' : `${proto.package}.`
  proto.messageType.forEach((message, index) => {
    linkMessage(context, message, prefix + message.name, [FILE_ELEMENTS.message, index])
  })
  proto.extension.forEach((field, index) => {
    linkField(context, field, proto.package, prefix + field.name, [FILE_ELEMENTS.extension, index])
  })
  proto.service.forEach((service, index) => {
    const serviceName = prefix + service.name
    const names = new Set(service.method.map(({ name }) => name))
    service.method.forEach((method, methodIndex) => {
      const path = [FILE_ELEMENTS.service, index, SERVICE_METHOD, methodIndex]
      const selector = `${serviceName}.${method.name}`
      method.inputType = methodType(context, method.inputType, selector, [...path, METHOD.inputType], 'request', names)
      method.outputType = methodType(
        context,
        method.outputType,
        selector,
        [...path, METHOD.outputType],
        'response',
        names,
      )
    })
  })
}

function linkMessage(context: LinkContext, message: DescriptorProto, fullName: string, path: readonly number[]): void {
  message.nestedType.forEach((nested, index) => {
    linkMessage(context, nested, `${fullName}.${nested.name}`, [...path, MESSAGE.nested, index])
  })
  message.field.forEach((field, index) => {
    linkField(context, field, fullName, `${fullName}.${field.name}`, [...path, MESSAGE.field, index])
  })
  message.extension.forEach((field, index) => {
    linkField(context, field, fullName, `${fullName}.${field.name}`, [...path, MESSAGE.extension, index])
  })
  // `to max` ends at the largest field number, but in a message set at the largest int32 (descriptor.proto).
  if (isMessageSet(context, message))
    for (const range of [...message.extensionRange, ...message.reservedRange])
      if (context.parsed.openEnded.has(range) && range.end === MAX_FIELD_NUMBER_END) range.end = MAX_INT32
}

function isMessageSet(context: LinkContext, message: DescriptorProto): boolean {
  const options = context.parsed.options.get(message)
  return (
    options?.some(
      ({ name, value }) =>
        name.length === 1 &&
        !name[0]!.isExtension &&
        name[0]!.text === 'message_set_wire_format' &&
        value.kind === 'identifier' &&
        value.text === 'true',
    ) ?? false
  )
}

function linkField(
  context: LinkContext,
  field: FieldDescriptorProto,
  scope: string,
  fullName: string,
  path: readonly number[],
): void {
  if (field.extendee !== '') linkExtendee(context, field, scope, fullName, path)
  if (field.typeName !== '') {
    const written = field.typeName
    const result = context.pool.resolve(context.file, scope, written, 'type')
    if (isUnresolved(result)) context.unresolved([...path, FIELD.typeName], 'type', written, fullName, result, isType)
    else if (result.kind === 'message' || result.kind === 'enum') {
      if (result.kind === 'enum' && field.type === Type.GROUP)
        context.error([...path, FIELD.typeName], `\`${written}\` is an enum, not a group`, fullName)
      field.typeName = `.${result.fullName}`
      if (result.kind === 'enum') field.type = Type.ENUM
      else if (field.type !== Type.GROUP) field.type = Type.MESSAGE
    } else context.error([...path, FIELD.typeName], `\`${written}\` is not a type`, fullName)
  }
  if (field.jsonName === '') field.jsonName = jsonNameOf(field.name)
  linkDefault(context, field, fullName, [...path, FIELD.defaultValue])
}

function linkExtendee(
  context: LinkContext,
  field: FieldDescriptorProto,
  scope: string,
  fullName: string,
  path: readonly number[],
): void {
  const where = [...path, FIELD.extendee]
  const written = field.extendee
  const result = context.pool.resolve(context.file, scope, written, 'type')
  if (isUnresolved(result)) {
    context.unresolved(where, 'type', written, fullName, result, (kind) => kind === 'message')
    return
  }
  if (result.kind !== 'message') {
    context.error(where, `\`${written}\` is not a message and cannot be extended`, fullName)
    return
  }
  field.extendee = `.${result.fullName}`
  let byNumber = context.pool.extensions.get(result.fullName)
  if (byNumber === undefined) context.pool.extensions.set(result.fullName, (byNumber = new Map()))
  const symbol = context.pool.symbols.get(fullName)
  if (symbol?.kind !== 'extension') return
  const other = byNumber.get(field.number)
  if (other === undefined) byNumber.set(field.number, symbol)
  else if (other !== symbol)
    context.error(
      [...path, FIELD.number],
      `extension number ${field.number} of \`${result.fullName}\` is used by \`${other.fullName}\` in "${other.file.name}" already`,
      fullName,
      'give one of the two another number',
    )
}

function methodType(
  context: LinkContext,
  written: string,
  selector: string,
  path: readonly number[],
  what: string,
  methodNames: ReadonlySet<string>,
): string {
  if (methodNames.has(written)) {
    // protoc looks a name up in the service first, and finds the method.
    context.error(
      path,
      `${what} type \`${written}\` is a method here`,
      selector,
      'write it with its package and a leading dot',
    )
    return written
  }
  const result = context.pool.resolve(context.file, selector, written, 'type')
  if (isUnresolved(result)) {
    context.unresolved(path, `${what} type`, written, selector, result, (kind) => kind === 'message')
    return written
  }
  if (result.kind === 'message') return `.${result.fullName}`
  context.error(path, `${what} type \`${written}\` is not a message`, selector)
  return written
}

const isType = (kind: string) => kind === 'message' || kind === 'enum'
