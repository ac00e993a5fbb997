import { create, fromBinary, type DescMessage, type Message } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  ExtensionRangeOptionsSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofOptionsSchema,
  ServiceOptionsSchema,
} from '@bufbuild/protobuf/wkt'
import { ValueEncoder, ValueError, type FoundField } from './encode-value.js'
import { isDelimited } from './features.js'
import type { LinkContext } from './link-context.js'
import { UNINTERPRETED_OPTION } from './locations.js'
import { nearestName } from '../../problems/index.js'
import { fieldOf, isUnresolved, type MessageSymbol } from './pool.js'
import type { OptionNamePart, OptionNode, OptionValue } from './syntax.js'
import { elementsOf, type Element } from './elements.js'

/** The options message of each kind of element. */
const SCHEMAS = {
  file: FileOptionsSchema,
  message: MessageOptionsSchema,
  field: FieldOptionsSchema,
  oneof: OneofOptionsSchema,
  range: ExtensionRangeOptionsSchema,
  enum: EnumOptionsSchema,
  value: EnumValueOptionsSchema,
  service: ServiceOptionsSchema,
  method: MethodOptionsSchema,
} as const satisfies Record<Element['kind'], DescMessage>

/** What options of one element have been set: by field number, nested. */
class SetFields extends Map<number, SetFields> {}

/**
 * Reads every option of a file against the options messages and their extensions, and puts the result into the
 * descriptors as protoc does: known options as fields, custom ones as the extension fields' bytes.
 */
export function interpretOptions(context: LinkContext): void {
  if (context.parsed.options.size === 0) return
  const encoder = new ValueEncoder(context.pool, context.file)
  const pending: { element: Element; nodes: readonly OptionNode[]; state: ElementOptions }[] = []
  for (const element of elementsOf(context.file.proto, (field) => context.parsed.options.has(field))) {
    const nodes = context.parsed.options.get(element.proto)
    if (nodes === undefined) continue
    const state = new ElementOptions(context, encoder, element)
    nodes.forEach((node, index) => {
      if (!node.name[0]!.isExtension) state.interpret(node, index)
    })
    state.store()
    if (nodes.some(({ name }) => name[0]!.isExtension)) pending.push({ element, nodes, state })
  }
  // Custom options come second: their types may be in this file, and their encoding depend on its features.
  for (const { nodes, state } of pending) {
    nodes.forEach((node, index) => {
      if (node.name[0]!.isExtension) state.interpret(node, index)
    })
    state.store()
  }
}

class ElementOptions {
  readonly #context: LinkContext
  readonly #encoder: ValueEncoder
  readonly #element: Element
  readonly #schema: DescMessage
  readonly #out: Uint8Array[] = []
  readonly #set = new SetFields()
  readonly #repeated = new Map<string, number>()

  constructor(context: LinkContext, encoder: ValueEncoder, element: Element) {
    this.#context = context
    this.#encoder = encoder
    this.#element = element
    this.#schema = SCHEMAS[element.kind]
  }

  interpret(node: OptionNode, index: number): void {
    try {
      const root = this.#context.pool.message(this.#schema.typeName)
      if (root === undefined) throw new ValueError(node.start, `${this.#schema.typeName} is not known`)
      this.#interpret(node, index, root)
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      this.#context.error(error.offset, error.message, this.#element.fullName, error.advice)
    }
  }

  /** Puts what has been read into the element. */
  store(): void {
    const bytes = this.#out.length === 1 ? this.#out[0]! : Buffer.concat(this.#out)
    const options: Message = bytes.length === 0 ? create(this.#schema) : fromBinary(this.#schema, bytes)
    ;(this.#element.proto as { options?: Message }).options = options
  }

  #interpret(node: OptionNode, index: number, root: MessageSymbol): void {
    let message = root
    let set: SetFields = this.#set
    const chain: FoundField[] = []
    for (const [at, part] of node.name.entries()) {
      const found = this.#find(message, part, node)
      if (found === undefined) return
      const { field } = found
      chain.push(found)
      if (at === node.name.length - 1) {
        if (field.label !== Label.REPEATED && set.has(field.number))
          throw new ValueError(node.start, `option \`${nameOf(node)}\` is set already`)
        set.set(field.number, this.#setBy(node.value, field.typeName))
        break
      }
      if (field.type !== Type.MESSAGE && field.type !== Type.GROUP)
        throw new ValueError(part.start, `option \`${part.text}\` is not a message and has no fields`)
      if (field.label === Label.REPEATED)
        throw new ValueError(part.start, `option \`${part.text}\` is repeated: set it with a value in braces`)
      const next = this.#context.pool.message(field.typeName.slice(1))
      if (next === undefined) return
      message = next
      let inner = set.get(field.number)
      if (inner === undefined) set.set(field.number, (inner = new SetFields()))
      set = inner
    }
    if (node.name.length === 1 && node.name[0]!.text === 'uninterpreted_option')
      throw new ValueError(node.start, '`uninterpreted_option` is not to be set by hand')
    this.#out.push(this.#encode(chain, node.value))
    this.#recordPath(chain, index)
  }

  #encode(chain: readonly FoundField[], value: OptionValue): Uint8Array {
    const leaf = chain[chain.length - 1]!
    const out = new BinaryWriter()
    if (value.kind === 'message' && leaf.field.type !== Type.MESSAGE && leaf.field.type !== Type.GROUP)
      throw new ValueError(value.start, `option \`${leaf.field.name}\` is not a message and takes no value in braces`)
    this.#encoder.field(out, leaf, value, false)
    let bytes = out.finish()
    for (let at = chain.length - 2; at >= 0; at--) {
      const { field, scope } = chain[at]!
      const around = new BinaryWriter()
      if (isDelimited(field, scope))
        around.tag(field.number, WireType.StartGroup).raw(bytes).tag(field.number, WireType.EndGroup)
      else around.tag(field.number, WireType.LengthDelimited).bytes(bytes)
      bytes = around.finish()
    }
    return bytes
  }

  /** What an aggregate sets inside its option. */
  #setBy(value: OptionValue, typeName: string): SetFields {
    const set = new SetFields()
    const message = value.kind === 'message' ? this.#context.pool.message(typeName.slice(1)) : undefined
    if (value.kind !== 'message' || message === undefined) return set
    for (const { kind, text, value: inner } of value.fields) {
      const field = kind === 'field' ? fieldOf(message, text) : undefined
      if (field !== undefined) set.set(field.number, this.#setBy(inner, field.typeName))
    }
    return set
  }

  #recordPath(chain: readonly FoundField[], index: number): void {
    const { path, optionsNumber } = this.#element
    const target = [...path, optionsNumber, ...chain.map(({ field }) => field.number)]
    if (chain[chain.length - 1]!.field.label === Label.REPEATED) {
      const key = target.join('.')
      const count = this.#repeated.get(key) ?? 0
      this.#repeated.set(key, count + 1)
      target.push(count)
    }
    this.#context.parsed.locations.interpret([...path, optionsNumber, UNINTERPRETED_OPTION, index], target)
  }

  /** The field or extension of `message` that a part of an option's name means; undefined where reported already. */
  #find(message: MessageSymbol, part: OptionNamePart, node: OptionNode): FoundField | undefined {
    const { pool, file } = this.#context
    if (!part.isExtension) {
      const field = fieldOf(message, part.text)
      if (field === undefined) {
        const near = nearestName(
          part.text,
          message.proto.field.map(({ name }) => name),
        )
        const advice =
          near === undefined ? 'a custom option stands in parentheses: `(name)`' : `did you mean \`${near}\`?`
        throw new ValueError(part.start, `unknown option \`${nameOf(node)}\``, advice)
      }
      part.resolved = part.text
      return { field, scope: { file: message.file, message } }
    }
    const result = pool.resolve(file, this.#element.scope, part.text, 'extension', true)
    if (isUnresolved(result)) {
      this.#context.unresolved(part.start, 'option', `(${part.text})`, this.#element.fullName, result, isExtension)
      return undefined
    }
    if (result.kind !== 'extension' || result.proto.extendee !== `.${message.fullName}`)
      throw new ValueError(
        part.start,
        `\`(${part.text})\` is not an option here: it does not extend \`${message.fullName}\``,
      )
    part.resolved = result.fullName
    return { field: result.proto, scope: { file: result.file, message: result.parent } }
  }
}

function nameOf(node: OptionNode): string {
  return node.name.map(({ text, isExtension: isCustom }) => (isCustom ? `(${text})` : text)).join('.')
}

const isExtension = (kind: string) => kind === 'extension'
