import type { DescExtension, DescField, DescFile, DescMessage } from '@bufbuild/protobuf'
import { WireError, WireReader } from '../wire/reader.js'
import { WireType } from '../wire/writer.js'

/** The number of the options of protos/protobridge/xml.proto, in files, messages and fields alike. */
export const XML_OPTION = 51280

export interface XmlMessageOption {
  /** '' where there is none. */
  readonly name: string
  /** undefined: not said; '': none. */
  readonly namespace: string | undefined
}

export interface XmlFieldOption extends XmlMessageOption {
  readonly isAttribute: boolean
  /** The name of the items of a wrapped list; undefined: not wrapped. */
  readonly item: string | undefined
}

/** The namespace of a file's messages; undefined where its option says none. */
export function fileNamespace(file: DescFile): string | undefined {
  const namespace = readOption(file).texts.get(1)
  return namespace === '' ? undefined : namespace
}

export function messageOption(desc: DescMessage): XmlMessageOption {
  const { texts } = readOption(desc)
  return { name: texts.get(1) ?? '', namespace: texts.get(2) }
}

export function fieldOption(desc: DescField | DescExtension): XmlFieldOption {
  const { texts, flags } = readOption(desc)
  const item = texts.get(5) ?? ''
  return {
    name: texts.get(1) ?? '',
    namespace: texts.get(2),
    isAttribute: flags.has(3),
    item: item !== '' ? item : flags.has(4) ? 'item' : undefined,
  }
}

interface Option {
  /** Strings, by field number. */
  readonly texts: ReadonlyMap<number, string>
  /** Numbers of the bools that are true. */
  readonly flags: ReadonlySet<number>
}

export type Described = DescFile | DescMessage | DescField | DescExtension

/** The strings and bools of an element's option; what does not decode says nothing, as `isSoundOption` tells. */
function readOption(desc: Described): Option {
  const texts = new Map<number, string>()
  const flags = new Set<number>()
  try {
    for (const bytes of optionBytes(desc)) readInto(bytes, texts, flags)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
  }
  return { texts, flags }
}

export function hasOption(desc: Described): boolean {
  return desc.proto.options?.$unknown?.some(({ no }) => no === XML_OPTION) === true
}

/** False where the option's bytes are no such message: descriptors are not always made by a compiler. */
export function isSoundOption(desc: Described): boolean {
  try {
    for (const bytes of optionBytes(desc)) readInto(bytes, new Map(), new Set())
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}

/** The serialized option. Extensions are kept as unknown fields; several occurrences merge, one after the other. */
function* optionBytes(desc: Described): Generator<Uint8Array> {
  for (const { no, wireType, data } of desc.proto.options?.$unknown ?? []) {
    if (no !== XML_OPTION) continue
    if (wireType !== WireType.LengthDelimited) throw new WireError('an option that is no message')
    yield new WireReader(data).lengthDelimited()
  }
}

function readInto(bytes: Uint8Array, texts: Map<number, string>, flags: Set<number>): void {
  const reader = new WireReader(bytes)
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    const number = tag >>> 3
    if ((tag & 7) === WireType.LengthDelimited) texts.set(number, Buffer.from(reader.lengthDelimited()).toString())
    else if ((tag & 7) !== WireType.Varint) reader.skip(tag, 0)
    else if (reader.bool()) flags.add(number)
    else flags.delete(number)
  }
}
