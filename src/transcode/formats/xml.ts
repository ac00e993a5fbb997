import { treeReader } from '../tree/tree-reader.js'
import type { ResponseWishes } from '../types.js'
import { readMessage } from '../wire/read-message.js'
import { writeProblemXml, writeStatusXml } from '../xml/encode-status.js'
import { XmlEncoder } from '../xml/encode.js'
import { isEmptyDocument, parseXml } from '../xml/parse.js'
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

function createXmlCodec({ plans, detailPlans, json: options }: FormatSetup): TextCodec {
  const xmlPlans = new XmlPlans(plans)
  const detailXmlPlans = new XmlPlans(detailPlans)
  const ignoresUnknown = options.unknownFields === 'ignore'
  const encoder = (): XmlEncoder => new XmlEncoder(xmlPlans, options.emitDefaults)
  const finish = (text: string, wishes: ResponseWishes): Uint8Array =>
    Buffer.from(wishes.prettyPrint ? prettyPrintXml(text) : text)
  return {
    kind: 'text',
    isEmptyBody: isEmptyDocument,
    ...treeReader(
      ({ bytes, contentType }, expected) => parseXml(bytes, expected, { plans: xmlPlans, ignoresUnknown, contentType }),
      plans,
      ignoresUnknown,
    ),
    writeMessage: (plan, message, wishes) => finish(encoder().message(readMessage(plan, message)), wishes),
    writeField: (plan, field, message, wishes) =>
      finish(encoder().field(field, readMessage(plan, message).get(field)), wishes),
    encodeStatus: (status) => Buffer.from(writeStatusXml(status, detailXmlPlans, options.emitDefaults)),
    encodeProblem: (status, httpStatus, title) =>
      Buffer.from(writeProblemXml(status, httpStatus, title, detailXmlPlans, options.emitDefaults)),
  }
}
