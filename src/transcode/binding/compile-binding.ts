import type { Binding } from '../../mapping/index.js'
import { BoundMessage } from '../decode/bound-message.js'
import type { MessageWriter } from '../decode/message-writer.js'
import { REQUEST_FORMAT_NAMES } from '../formats/index.js'
import type { Codecs } from '../formats/types.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { BindingPlan, BoundPart, RequestFormatName, ResponseWishes, TranscodeOptions } from '../types.js'
import { shapeOf, type BindingShape } from './binding-shape.js'
import { decodeRequest, traceRequest, type DecodedRequest } from './decode-request.js'
import { encodeResponse, givesHttpBody } from './encode-response.js'
import { Parameters } from './parameters.js'
import { readWishes } from './system-parameters.js'

const PRETTY: ResponseWishes = { format: undefined, enumsAsIntegers: false, prettyPrint: true }

/** Compiles one binding: its request and response plans with what its rule says of path, query and body. */
export function compileBinding(
  binding: Binding,
  plans: PlanTable,
  options: TranscodeOptions,
  codecs: Codecs,
  writer: MessageWriter,
): BindingPlan {
  const shape = shapeOf(binding, plans, options.patch.deriveMask)
  const parameters = new Parameters(shape, options.query)
  const setup = { shape, parameters, codecs, writer }
  return Object.freeze({
    decodeRequest: (parts) => decodeRequest(setup, parts),
    traceRequest: (parts) => {
      const decoded = traceRequest(setup, parts)
      const json = codecs.json.writeMessage(shape.request, decoded.message, PRETTY)
      return {
        message: decoded.message,
        json: Buffer.from(json).toString(),
        parts: boundParts(shape, decoded, parts.body.length > 0),
      }
    },
    readWishes,
    encodeResponse: (message, format, wishes) => encodeResponse(shape, codecs[format], message, format, wishes),
    bodyFormats: bodyFormats(shape, codecs),
    takesHttpBody: shape.body.kind !== 'none' && shape.bodyContent === undefined,
    givesHttpBody: givesHttpBody(shape),
  } satisfies BindingPlan)
}

function bodyFormats({ bodyContent }: BindingShape, codecs: Codecs): readonly RequestFormatName[] {
  if (bodyContent === undefined) return REQUEST_FORMAT_NAMES
  return REQUEST_FORMAT_NAMES.filter((name) => codecs[name].whyUnreadable?.(bodyContent) === undefined)
}

function boundParts(shape: BindingShape, decoded: DecodedRequest, hasBody: boolean): BoundPart[] {
  const parts: BoundPart[] = []
  if (decoded.bound !== undefined) addLeaves(decoded.bound, '', parts)
  if (hasBody && shape.body.kind !== 'none') {
    parts.push({ from: 'body', field: shape.body.kind === 'whole' ? '*' : shape.body.field.jsonName, text: undefined })
  }
  if (decoded.maskPaths !== undefined && shape.derivedMask !== undefined) {
    parts.push({ from: 'patch', field: shape.derivedMask.jsonName, text: decoded.maskPaths.join(',') })
  }
  return parts
}

function addLeaves(bound: BoundMessage, prefix: string, parts: BoundPart[]): void {
  for (const [field, value] of bound.entries) {
    const path = prefix + field.jsonName
    if (value instanceof BoundMessage) {
      addLeaves(value, `${path}.`, parts)
      continue
    }
    for (const text of value.texts) parts.push({ from: value.origin, field: path, text })
  }
}
