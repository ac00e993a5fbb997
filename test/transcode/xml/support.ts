import { buildSchema, compileSource } from '../../../src/descriptors/index.js'
import { Problems } from '../../../src/problems/index.js'
import type { DescMessage, FileRegistry, Registry } from '@bufbuild/protobuf'
import type { DecodeSetup } from '../../../src/transcode/decode/message-writer.js'
import { DecodeTables } from '../../../src/transcode/decode/tables.js'
import { JsonDecoder } from '../../../src/transcode/json/decode.js'
import { JsonWriter } from '../../../src/transcode/json/write.js'
import { PlanTable } from '../../../src/transcode/plan/plan-table.js'
import { XML_DECLARATION, XmlWriter } from '../../../src/transcode/xml/write.js'
import { XmlBodyDecoder } from '../../../src/transcode/xml/parse.js'
import { XmlPlans } from '../../../src/transcode/xml/plan.js'
import { registry as fixtures } from '../support.js'

export interface XmlOptions {
  readonly ignoreUnknown?: boolean
  readonly emitDefaults?: boolean
  readonly contentType?: string
}

/** From text to wire bytes and back for the types of one registry, as whole bodies. */
export class Codec {
  readonly registry: FileRegistry | Registry
  readonly table: PlanTable
  readonly plans: XmlPlans
  readonly #tables = new DecodeTables()

  constructor(registry: FileRegistry | Registry) {
    this.registry = registry
    this.table = new PlanTable(registry)
    this.plans = new XmlPlans(this.table)
  }

  type(name: string): DescMessage {
    return this.registry.getMessage(name)!
  }

  fromXml(desc: DescMessage, text: string | Uint8Array, options: XmlOptions = {}): Uint8Array {
    const decoder = new XmlBodyDecoder(this.#setup(options.ignoreUnknown === true), this.plans)
    const body = { bytes: Buffer.from(text as string), contentType: options.contentType ?? '' }
    return decoder.decodeMessage(body, this.table.messagePlan(desc), undefined).finish()
  }

  /** The same, for what it throws. */
  treeOf(desc: DescMessage, text: string | Uint8Array, options: XmlOptions = {}): Uint8Array {
    return this.fromXml(desc, text, options)
  }

  fromJson(desc: DescMessage, text: string): Uint8Array {
    const decoder = new JsonDecoder(this.#setup(false))
    return decoder.decodeMessage(Buffer.from(text), this.table.messagePlan(desc), undefined).finish()
  }

  /** Without the declaration before it. */
  toXml(desc: DescMessage, bytes: Uint8Array, options: XmlOptions = {}): string {
    const writer = new XmlWriter(this.plans, options.emitDefaults === true)
    return writer.write(this.table.messagePlan(desc), bytes).toString().slice(XML_DECLARATION.length)
  }

  toJson(desc: DescMessage, bytes: Uint8Array): string {
    const style = { emitDefaults: false, enumsAsIntegers: false, protoNames: false }
    return new JsonWriter(this.table).write(this.table.messagePlan(desc), bytes, style).toString()
  }

  /** What XML says, in JSON. */
  xmlToJson(desc: DescMessage, text: string | Uint8Array, options: XmlOptions = {}): string {
    return this.toJson(desc, this.fromXml(desc, text, options))
  }

  jsonToXml(desc: DescMessage, text: string, options: XmlOptions = {}): string {
    return this.toXml(desc, this.fromJson(desc, text), options)
  }

  #setup(ignoresUnknown: boolean): DecodeSetup {
    return { plans: this.table, tables: this.#tables, ignoresUnknown }
  }
}

/** Of the fixtures of test/transcode. */
export const fixtureCodec = new Codec(fixtures)

/** The types of one proto file, as our compiler compiles it. */
export function codecOf(proto: string): Codec {
  const problems = new Problems()
  const schema = buildSchema([compileSource('test.proto', proto, problems)], problems)
  problems.throwIfAny()
  return new Codec(schema!.registry)
}
