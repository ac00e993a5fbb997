import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { TreeNode } from '../tree/node.js'
import { MAX_DEPTH } from '../wire/reader.js'
import { XmlDecoder } from './decode.js'
import { documentText } from './document-text.js'
import type { XmlPlans } from './plan.js'
import { Content, XmlReader } from './reader.js'

/** What reading a body needs beside its bytes. */
export interface XmlReadOptions {
  readonly plans: XmlPlans
  readonly ignoresUnknown: boolean
  /** As sent, for its charset; '' where there is none. */
  readonly contentType: string
}

/**
 * The value a document stands for: a message, or the value of one field.
 *
 * @throws StatusError INVALID_ARGUMENT: MALFORMED_XML with line and column, WRONG_ROOT_ELEMENT, UNKNOWN_FIELD,
 *   DUPLICATE_FIELD, MALFORMED_FIELD with the field's path, DEPTH_EXCEEDED; UNSUPPORTED_XML_ENCODING (415)
 */
export function parseXml(bytes: Uint8Array, expected: MessagePlan | FieldPlan, options: XmlReadOptions): TreeNode {
  const reader = new XmlReader(documentText(bytes, options.contentType))
  const decoder = new XmlDecoder(reader, options.plans, options.ignoresUnknown)
  return 'typeName' in expected ? decoder.message(expected) : decoder.field(expected)
}

/**
 * Reads a whole document without a word of what is in it.
 *
 * @throws StatusError INVALID_ARGUMENT where it is not well-formed, as `parseXml` does
 */
export function checkWellFormed(bytes: Uint8Array, contentType = ''): void {
  const reader = new XmlReader(documentText(bytes, contentType))
  reader.begin()
  reader.skip(2 * MAX_DEPTH)
  reader.finish()
}

/** A root element of any name, with no attribute and nothing in it. */
export function isEmptyDocument(bytes: Uint8Array): boolean {
  // Anything longer holds more than an empty element could need, so don't parse megabytes to say no.
  if (bytes.length > 1024) return false
  try {
    const reader = new XmlReader(documentText(bytes, ''))
    reader.begin()
    if (reader.attributes.length > 0 || reader.next() !== Content.End) return false
    reader.finish()
    return true
  } catch {
    return false
  }
}
