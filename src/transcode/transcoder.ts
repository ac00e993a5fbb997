import type { DescMessage } from '@bufbuild/protobuf'
import type { Binding } from '../mapping/index.js'
import { compileBinding } from './binding/compile-binding.js'
import { MessageWriter } from './decode/message-writer.js'
import { DecodeTables } from './decode/tables.js'
import { transcodeError } from './errors/transcode-error.js'
import { createCodecs, FORMATS } from './formats/index.js'
import type { Codecs } from './formats/types.js'
import { PlanTable } from './plan/plan-table.js'
import { withErrorDetails } from './status/error-details.js'
import { phraseOf } from './status/http-phrases.js'
import type { BindingPlan, EncodedBody, FormatName, StatusBody, TranscodeOptions, Transcoder } from './types.js'
import { WireError } from './wire/reader.js'

/** The transcoder of one snapshot: plans of the registry's types, compiled when first used and then kept. */
export function createTranscoder(options: TranscodeOptions): Transcoder {
  return new RegistryTranscoder(options)
}

class RegistryTranscoder implements Transcoder {
  readonly #options: TranscodeOptions
  readonly #plans: PlanTable
  readonly #detailPlans: PlanTable
  readonly #codecs: Codecs
  readonly #writer: MessageWriter

  constructor(options: TranscodeOptions) {
    this.#options = options
    this.#plans = new PlanTable(options.registry)
    this.#detailPlans = new PlanTable(withErrorDetails(options.registry))
    const ignoresUnknown = options.json.unknownFields === 'ignore'
    const decoding = { plans: this.#plans, tables: new DecodeTables(), ignoresUnknown }
    this.#writer = new MessageWriter(decoding)
    this.#codecs = createCodecs({ decoding, detailPlans: this.#detailPlans, json: options.json })
  }

  compile(binding: Binding): BindingPlan {
    return compileBinding(binding, this.#plans, this.#options, this.#codecs, this.#writer)
  }

  encodeStatus(status: StatusBody, format: FormatName): EncodedBody {
    return { contentType: FORMATS[format].mediaTypes[0]!, bytes: this.#codecs[format].encodeStatus(status) }
  }

  encodeProblem(status: StatusBody, httpStatus: number, format: FormatName = 'json'): EncodedBody {
    const codec = this.#codecs[format]
    const contentType = FORMATS[format].problemType
    if (contentType === undefined || codec.kind !== 'text') return this.encodeProblem(status, httpStatus)
    return { contentType, bytes: codec.encodeProblem(status, httpStatus, phraseOf(httpStatus)) }
  }

  messageToJson(type: DescMessage, message: Uint8Array, options: { readonly prettyPrint?: boolean } = {}): string {
    try {
      const wishes = { format: undefined, enumsAsIntegers: false, prettyPrint: options.prettyPrint === true }
      return Buffer.from(this.#codecs.json.writeMessage(this.#plans.messagePlan(type), message, wishes)).toString()
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      throw transcodeError('MALFORMED_UPSTREAM_MESSAGE', `the bytes do not decode as ${type.name}: ${error.message}`)
    }
  }
}
