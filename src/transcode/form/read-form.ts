import { isUtf8 } from 'node:buffer'
import { BoundMessage } from '../decode/bound-message.js'
import { transcodeError } from '../errors/transcode-error.js'
import { ordinaryMessageOf } from '../plan/special-form.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { bindPair, resolveName } from './bind-pair.js'
import { formSource } from './pair-source.js'
import { PairReader } from './pairs.js'

/** The message whose fields a form's names are; undefined where the body is none, or one of another form. */
export function messageOfForm(expected: MessagePlan | FieldPlan): MessagePlan | undefined {
  if ('typeName' in expected) return expected.form === undefined ? expected : undefined
  return ordinaryMessageOf(expected)
}

/**
 * What a form binds: each name leads to a field as that of a query parameter does, from the message that is the body.
 * Linear in the form's length.
 *
 * @throws StatusError INVALID_ARGUMENT: MALFORMED_FORM, UNKNOWN_FIELD, DUPLICATE_FIELD, UNBINDABLE_FIELD, DEPTH_EXCEEDED
 */
export function readForm(bytes: Uint8Array, expected: MessagePlan | FieldPlan, ignoresUnknown: boolean): BoundMessage {
  const message = messageOfForm(expected)
  // The binding asks first whether the body can be said in a form.
  if (message === undefined) throw new TypeError(`no form is of ${expected.desc.toString()}`)
  const source = formSource(message.desc.name, 'typeName' in expected ? '' : `${expected.jsonName}.`)
  const bound = new BoundMessage()
  const pairs = new PairReader(textOf(bytes), source)
  while (pairs.next()) {
    const name = pairs.name()
    const value = pairs.value(name)
    const path = resolveName(message, name, source, ignoresUnknown)
    if (path !== undefined) bindPair(bound, path, name, value, source)
  }
  return bound
}

/** No pair at all: empty, or nothing but separators. */
export function isEmptyForm(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x26)
}

function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw transcodeError('MALFORMED_FORM', 'the body is not UTF-8')
  const text = withSpaces(bytes).toString('utf8')
  if (text.charCodeAt(0) === 0xfeff) throw transcodeError('MALFORMED_FORM', 'a byte order mark before the form')
  return text
}

/**
 * The bytes, each `+` a space already: an escaped one is still escaped, and of 4 MiB of them, strings take half a second to
 * replace.
 */
function withSpaces(bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const first = buffer.indexOf(0x2b)
  if (first === -1) return buffer
  const copy = Buffer.from(buffer)
  for (let i = first; i < copy.length; i++) if (copy[i] === 0x2b) copy[i] = 0x20
  return copy
}
