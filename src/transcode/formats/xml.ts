import type { ResponseWishes } from '../types.js'
import { writeProblemXml, writeStatusXml } from '../xml/encode-status.js'
import { XmlWriter } from '../xml/write.js'
import { isEmptyDocument, XmlBodyDecoder } from '../xml/parse.js'
import { XmlPlans } from '../xml/plan.js'
import { prettyPrintXml } from '../xml/pretty.js'
import type { Format, FormatSetup, TextCodec } from './types.js'

/** XML 1.0, in the form `docs/xml.md` gives messages and protobridge/xml.proto may change. */
export const xml: Format = {
  name: 'xml',
  mediaTypes: ['application/xml', 'text/xml'],
  suffix: '+xml',
  problemType: 'application/problem+xml',
  create: createXmlCodec,
}

function createXmlCodec({ decoding, detailPlans, json: options }: FormatSetup): TextCodec {
  const xmlPlans = new XmlPlans(decoding.plans)
  const detailXmlPlans = new XmlPlans(detailPlans)
  const decoder = new XmlBodyDecoder(decoding, xmlPlans)
  const writer = new XmlWriter(xmlPlans, options.emitDefaults)
  const detailWriter = new XmlWriter(detailXmlPlans, options.emitDefaults)
  const finish = (text: Buffer, { prettyPrint }: ResponseWishes): Uint8Array =>
    prettyPrint ? Buffer.from(prettyPrintXml(text.toString())) : text
  return {
    kind: 'text',
    isEmptyBody: isEmptyDocument,
    decodeMessage: (body, request, bound) => decoder.decodeMessage(body, request, bound),
    decodeField: (body, request, field, bound, present) => decoder.decodeField(body, request, field, bound, present),
    writeMessage: (plan, message, wishes) => finish(writer.write(plan, message), wishes),
    writeField: (plan, field, message, wishes) => finish(writer.writeField(plan, field, message), wishes),
    encodeStatus: (status) => Buffer.from(writeStatusXml(status, detailXmlPlans, detailWriter)),
    encodeProblem: (status, httpStatus, title) =>
      Buffer.from(writeProblemXml(status, httpStatus, title, detailXmlPlans, detailWriter)),
  }
}
