import { httpStatusOf } from '../../status/index.js'
import type { StatusBody } from '../types.js'
import { formatBase64 } from '../values/base64.js'
import { escapeAttribute, escapeText, replaceUnwritable } from './escape.js'
import { PROBLEM_NAMESPACE } from './namespaces.js'
import type { XmlPlans } from './plan.js'
import { XML_DECLARATION, type XmlWriter } from './write.js'

type Detail = StatusBody['details'][number]

/**
 * `<Status><code>5</code><message>…</message><details type="…">…</details></Status>`: google.rpc.Status as a message
 * would be, an element `details` for each. Never throws.
 */
export function writeStatusXml(status: StatusBody, plans: XmlPlans, writer: XmlWriter): string {
  const details = status.details.map((detail) => writeDetail('details', detail, '', plans, writer))
  return `${XML_DECLARATION}<Status>${codeAndMessage('message', status)}${details.join('')}</Status>`
}

/**
 * RFC 9457 appendix B: the members of `application/problem+json` as elements of one namespace, the items of `details` as
 * elements `i`. Never throws.
 */
export function writeProblemXml(
  status: StatusBody,
  httpStatus: number,
  title: string,
  plans: XmlPlans,
  writer: XmlWriter,
): string {
  const details = status.details.map((detail) => writeDetail('i', detail, PROBLEM_NAMESPACE, plans, writer))
  const members = [
    '<type>about:blank</type>',
    textElement('title', title),
    `<status>${Number.isInteger(httpStatus) ? httpStatus : httpStatusOf(status.code)}</status>`,
    codeAndMessage('detail', status),
    elementOf('details', details.join('')),
  ]
  return `${XML_DECLARATION}<problem xmlns="${PROBLEM_NAMESPACE}">${members.join('')}</problem>`
}

function codeAndMessage(messageName: string, { code, message }: StatusBody): string {
  return `<code>${Number.isInteger(code) ? code : 2}</code>${textElement(messageName, message)}`
}

/** A text from anywhere: an error is told even where its message has characters that XML cannot hold. */
function textElement(name: string, text: string): string {
  return elementOf(name, escapeText(replaceUnwritable(text)))
}

/** An element without attributes; an empty one where it has no content. */
function elementOf(name: string, content: string): string {
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`
}

/** A detail as an Any; one of a type not known, or that cannot be written, with its bytes in an element `value`. */
function writeDetail(
  name: string,
  { typeUrl, value }: Detail,
  namespace: string,
  plans: XmlPlans,
  writer: XmlWriter,
): string {
  try {
    const packed = plans.table.messagePlanByName(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
    if (packed !== undefined) return writer.writePacked({ name, typeUrl, namespace }, packed, value).toString()
  } catch {
    // The error itself matters more than how one of its details was packed.
  }
  const type = ` type="${escapeAttribute(replaceUnwritable(typeUrl))}"`
  return `<${name}${type}>${elementOf('value', formatBase64(value))}</${name}>`
}
