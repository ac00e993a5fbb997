import { Edition, FieldOptions_OptionTargetType as Target, type FieldDescriptorProto } from '@bufbuild/protobuf/wkt'
import { elementsOf, type Element } from '../elements.js'
import type { LinkContext } from '../link-context.js'
import { fieldOf } from '../pool.js'
import type { OptionNode, OptionValue } from '../syntax.js'

const TARGETS: Record<Element['kind'], Target> = {
  file: Target.TARGET_TYPE_FILE,
  message: Target.TARGET_TYPE_MESSAGE,
  field: Target.TARGET_TYPE_FIELD,
  oneof: Target.TARGET_TYPE_ONEOF,
  range: Target.TARGET_TYPE_EXTENSION_RANGE,
  enum: Target.TARGET_TYPE_ENUM,
  value: Target.TARGET_TYPE_ENUM_ENTRY,
  service: Target.TARGET_TYPE_SERVICE,
  method: Target.TARGET_TYPE_METHOD,
}

/** Where options may stand: their `targets`, features in editions only, `map_entry` never by hand. */
export function checkOptionUse(context: LinkContext): void {
  if (context.parsed.options.size === 0) return
  for (const element of elementsOf(context.file.proto, (field) => context.parsed.options.has(field))) {
    const nodes = context.parsed.options.get(element.proto)
    if (nodes === undefined) continue
    for (const node of nodes) checkOption(context, element, node)
  }
}

function checkOption(context: LinkContext, element: Element, node: OptionNode): void {
  const [first] = node.name
  if (first === undefined || first.resolved === undefined) return
  if (!first.isExtension && first.text === 'map_entry' && element.kind === 'message')
    context.error(
      node.start,
      '`map_entry` is not to be set by hand',
      element.fullName,
      'use a field of type `map<…, …>`',
    )
  if (!first.isExtension && first.text === 'features' && context.file.edition < Edition.EDITION_2023) {
    context.error(
      node.start,
      'features can be set in editions only',
      element.fullName,
      'begin the file with `edition = "2023";`',
    )
    return
  }
  // Walks the fields that the option's name and value lead through; each may say on what it can be set.
  let message: string | undefined
  for (const part of node.name) {
    const field = fieldNamed(context, message, element, part.text, part.isExtension, part.resolved)
    if (field === undefined) return
    checkTarget(context, element, field, part.text, part.start)
    message = field.typeName.slice(1)
  }
  if (message !== undefined) checkValue(context, element, message, node.value)
}

function checkValue(context: LinkContext, element: Element, message: string, value: OptionValue): void {
  if (value.kind === 'list') for (const item of value.items) checkValue(context, element, message, item)
  if (value.kind !== 'message') return
  for (const part of value.fields) {
    if (part.kind === 'any') continue
    const field = fieldNamed(
      context,
      message,
      element,
      part.resolved ?? part.text,
      part.kind === 'extension',
      part.resolved,
    )
    if (field === undefined) continue
    checkTarget(context, element, field, part.text, part.start)
    checkValue(context, element, field.typeName.slice(1), part.value)
  }
}

function fieldNamed(
  context: LinkContext,
  message: string | undefined,
  element: Element,
  name: string,
  isExtension: boolean,
  resolved: string | undefined,
): FieldDescriptorProto | undefined {
  if (isExtension) {
    const symbol = resolved === undefined ? undefined : context.pool.symbols.get(resolved)
    return symbol?.kind === 'extension' ? symbol.proto : undefined
  }
  const symbol = context.pool.message(message ?? OPTIONS_MESSAGES[element.kind])
  return symbol === undefined ? undefined : fieldOf(symbol, name)
}

function checkTarget(
  context: LinkContext,
  element: Element,
  field: FieldDescriptorProto,
  name: string,
  start: number,
): void {
  const targets = field.options?.targets ?? []
  if (targets.length > 0 && !targets.includes(TARGETS[element.kind]))
    context.error(start, `option \`${name}\` cannot be set on ${DESCRIBED[element.kind]}`, element.fullName)
  const removed = REMOVED.get(name)
  if (removed !== undefined && removed <= context.file.edition && field.extendee === '')
    context.error(start, `option \`${name}\` is not in edition ${editionName(removed)} and later`, element.fullName)
  const introduced = field.options?.featureSupport?.editionIntroduced ?? INTRODUCED.get(name) ?? 0
  if (introduced > context.file.edition)
    context.error(start, `option \`${name}\` comes with edition ${editionName(introduced)}`, element.fullName)
}

/** Since when features are there; the embedded descriptor.proto does not say (`feature_support`). */
const INTRODUCED = new Map<string, Edition>([
  ['enforce_naming_style', Edition.EDITION_2024],
  ['default_symbol_visibility', Edition.EDITION_2024],
  ['enforce_proto_limits', Edition.EDITION_2026],
])

/** Until when options were there, likewise (`edition_removed`). */
const REMOVED = new Map<string, Edition>([
  ['java_multiple_files', Edition.EDITION_2024],
  ['ctype', Edition.EDITION_2024],
])

function editionName(edition: Edition): string {
  return (Edition[edition] ?? String(edition)).replace('EDITION_', '')
}

const OPTIONS_MESSAGES: Record<Element['kind'], string> = {
  file: 'google.protobuf.FileOptions',
  message: 'google.protobuf.MessageOptions',
  field: 'google.protobuf.FieldOptions',
  oneof: 'google.protobuf.OneofOptions',
  range: 'google.protobuf.ExtensionRangeOptions',
  enum: 'google.protobuf.EnumOptions',
  value: 'google.protobuf.EnumValueOptions',
  service: 'google.protobuf.ServiceOptions',
  method: 'google.protobuf.MethodOptions',
}

const DESCRIBED: Record<Element['kind'], string> = {
  file: 'a file',
  message: 'a message',
  field: 'a field',
  oneof: 'a oneof',
  range: 'an extension range',
  enum: 'an enum',
  value: 'an enum value',
  service: 'a service',
  method: 'a method',
}
