import { buildSchema, compileSource } from '../../../src/descriptors/index.js'
import { Problems } from '../../../src/problems/index.js'
import type { DescMessage, FileRegistry, Registry } from '@bufbuild/protobuf'
import { JsonDecoder } from '../../../src/transcode/json/decode.js'
import { JsonReadPlans } from '../../../src/transcode/json/read-plan.js'
import { JsonWriter } from '../../../src/transcode/json/write.js'
import { PlanTable } from '../../../src/transcode/plan/plan-table.js'
import { DecodeContext } from '../../../src/transcode/tree/decode-context.js'
import type { TreeNode } from '../../../src/transcode/tree/node.js'
import { writeMessage } from '../../../src/transcode/tree/write-message.js'
import { WireWriter } from '../../../src/transcode/wire/writer.js'
import { XML_DECLARATION, XmlWriter } from '../../../src/transcode/xml/write.js'
import { parseXml } from '../../../src/transcode/xml/parse.js'
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

  constructor(registry: FileRegistry | Registry) {
    this.registry = registry
    this.table = new PlanTable(registry)
    this.plans = new XmlPlans(this.table)
  }

  type(name: string): DescMessage {
    return this.registry.getMessage(name)!
  }

  treeOf(desc: DescMessage, text: string | Uint8Array, options: XmlOptions = {}): TreeNode {
    return parseXml(Buffer.from(text as string), this.table.messagePlan(desc), {
      plans: this.plans,
      ignoresUnknown: options.ignoreUnknown === true,
      contentType: options.contentType ?? '',
    })
  }

  fromXml(desc: DescMessage, text: string | Uint8Array, options: XmlOptions = {}): Uint8Array {
    return this.#write(desc, this.treeOf(desc, text, options), options.ignoreUnknown === true)
  }

  fromJson(desc: DescMessage, text: string): Uint8Array {
    const out = new WireWriter()
    const decoder = new JsonDecoder(this.table, new JsonReadPlans(), false)
    decoder.decodeMessage(Buffer.from(text), this.table.messagePlan(desc), undefined, out)
    return out.finish()
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

  #write(desc: DescMessage, node: TreeNode, ignoresUnknown: boolean): Uint8Array {
    const out = new WireWriter()
    writeMessage(this.table.messagePlan(desc), node, undefined, out, new DecodeContext(this.table, ignoresUnknown))
    return out.finish()
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
