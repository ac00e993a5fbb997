import { writeProblemJson, writeStatusJson } from '../json/encode-status.js'
import { JsonDecoder } from '../json/decode.js'
import { JsonWriter, type JsonStyle } from '../json/write.js'
import { prettyPrint } from '../json/pretty.js'
import type { ResponseWishes } from '../types.js'
import type { Format, FormatSetup, TextCodec } from './types.js'

/** RFC 8259, and ProtoJSON for what messages look like in it. */
export const json: Format = {
  name: 'json',
  mediaTypes: ['application/json'],
  suffix: '+json',
  problemType: 'application/problem+json',
  create: createJsonCodec,
}

function createJsonCodec({ decoding, detailPlans, json: options }: FormatSetup): TextCodec {
  const decoder = new JsonDecoder(decoding)
  const style: JsonStyle = options
  const integersStyle: JsonStyle = { ...style, enumsAsIntegers: true }
  const writer = new JsonWriter(decoding.plans)
  const detailWriter = new JsonWriter(detailPlans)
  const styleOf = (wishes: ResponseWishes): JsonStyle => (wishes.enumsAsIntegers ? integersStyle : style)
  const finish = (text: Buffer, { prettyPrint: isPretty }: ResponseWishes): Uint8Array =>
    isPretty ? Buffer.from(prettyPrint(text.toString())) : text
  return {
    kind: 'text',
    isEmptyBody,
    decodeMessage: ({ bytes }, request, bound) => decoder.decodeMessage(bytes, request, bound),
    decodeField: ({ bytes }, request, field, bound, present) =>
      decoder.decodeField(bytes, request, field, bound, present),
    writeMessage: (plan, message, wishes) => finish(writer.write(plan, message, styleOf(wishes)), wishes),
    writeField: (plan, field, message, wishes) =>
      finish(writer.writeField(plan, field, message, styleOf(wishes)), wishes),
    encodeStatus: (status) => Buffer.from(writeStatusJson(status, detailPlans, detailWriter, style)),
    encodeProblem: (status, httpStatus, title) =>
      Buffer.from(writeProblemJson(status, httpStatus, title, detailPlans, detailWriter, style)),
  }
}

/** `{}`, with any space round and in it. */
function isEmptyBody(body: Uint8Array): boolean {
  // Anything longer holds more than an empty object could need, so don't look through megabytes to say no.
  return body.length <= 64 && /^[\t\n\r ]*\{[\t\n\r ]*\}[\t\n\r ]*$/.test(Buffer.from(body).toString('latin1'))
}
