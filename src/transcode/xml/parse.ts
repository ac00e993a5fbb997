import type { BoundMessage } from '../decode/bound-message.js'
import { MessageWriter, type DecodeSetup } from '../decode/message-writer.js'
import type { PresentPaths } from '../decode/present-paths.js'
import { FieldError, fieldErrorOf, statusOfFieldError } from '../errors/field-error.js'
import type { TextBody } from '../formats/types.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { WireWriter } from '../wire/writer.js'
import { MAX_DEPTH } from '../wire/reader.js'
import { XmlDecoder } from './decode.js'
import { documentText } from './document-text.js'
import type { XmlPlans } from './plan.js'
import { Content, XmlReader } from './reader.js'

/** Reads the XML bodies of one registry's messages. */
export class XmlBodyDecoder {
  readonly #plans: XmlPlans
  readonly #writer: MessageWriter

  constructor(setup: DecodeSetup, plans: XmlPlans) {
    this.#plans = plans
    this.#writer = new MessageWriter(setup)
  }

  /**
   * Writes the request that a document is.
   *
   * @throws StatusError INVALID_ARGUMENT: MALFORMED_XML with line and column, WRONG_ROOT_ELEMENT, and with the field's
   *   path what `XmlDecoder` does; UNSUPPORTED_XML_ENCODING (415)
   */
  decodeMessage(body: TextBody, request: MessagePlan, bound: BoundMessage | undefined): WireWriter {
    return this.#decode(body, (decoder) => decoder.message(request, bound))
  }

  /** The same of a document that is one field's value. */
  decodeField(
    body: TextBody,
    request: MessagePlan,
    field: FieldPlan,
    bound: BoundMessage | undefined,
    present: PresentPaths | undefined,
  ): WireWriter {
    return this.#decode(body, (decoder) => decoder.field(request, field, bound, present))
  }

  #decode({ bytes, contentType }: TextBody, read: (decoder: XmlDecoder) => void): WireWriter {
    const writer = this.#writer
    writer.clear()
    try {
      read(new XmlDecoder(new XmlReader(documentText(bytes, contentType)), this.#plans, writer))
      return writer.out
    } catch (error) {
      const known = fieldErrorOf(error, 'MALFORMED_FIELD')
      throw known instanceof FieldError ? statusOfFieldError(known) : known
    }
  }
}

/**
 * Reads a whole document without a word of what is in it.
 *
 * @throws StatusError INVALID_ARGUMENT where it is not well-formed, as `XmlBodyDecoder` does
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
