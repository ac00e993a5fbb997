import { decodeCapture } from '../../mapping/index.js'
import { BoundMessage } from '../decode/bound-message.js'
import { checkWireBody } from '../decode/check-bound.js'
import type { MessageWriter } from '../decode/message-writer.js'
import { PresentPaths } from '../decode/present-paths.js'
import { FieldError, leaving, statusOfFieldError } from '../errors/field-error.js'
import { transcodeError } from '../errors/transcode-error.js'
import type { Codecs, RequestCodec, TextReader } from '../formats/types.js'
import type { FieldPlan, MessageElement, MessagePlan } from '../plan/types.js'
import type { RequestParts } from '../types.js'
import type { LocatedMessage } from '../wire/located-message.js'
import { tagOf, WireType, type WireWriter } from '../wire/writer.js'
import type { BindingShape } from './binding-shape.js'
import { bindQuery } from './bind-query.js'
import { writeHttpBody } from './http-body.js'
import type { Parameters } from './parameters.js'
import { pathsOfMessage, writeMask } from './patch-mask.js'
import { writeStraight } from './write-straight.js'
import { readWireBody } from './wire-body.js'

/** What decoding requests of one binding needs. */
export interface BindingSetup {
  readonly shape: BindingShape
  readonly parameters: Parameters
  readonly codecs: Codecs
  /** Of what the path and the query bind, where no text is read that is merged with it. */
  readonly writer: MessageWriter
}

/** A request decoded, with what `explain` tells of it. */
export interface DecodedRequest {
  /** Wire bytes. */
  readonly message: Uint8Array
  /** What the path and the query bound; undefined: nothing. */
  readonly bound: BoundMessage | undefined
  /** The paths of an update mask derived from the body; undefined where none was. */
  readonly maskPaths: readonly string[] | undefined
}

/**
 * Request parts → the request message's wire bytes.
 *
 * @throws StatusError INVALID_ARGUMENT with the field
 */
export function decodeRequest(setup: BindingSetup, parts: RequestParts): Uint8Array {
  const { shape, writer } = setup
  if (shape.body.kind === 'none' && parts.body.length === 0) {
    writer.clear()
    if (writeStraight(setup, parts)) return writer.out.finish()
  }
  return traceRequest(setup, parts).message
}

/** The same, with what `explain` tells of it. */
export function traceRequest(setup: BindingSetup, parts: RequestParts): DecodedRequest {
  const { shape, codecs } = setup
  const { bodyContent } = shape
  const bound = bindParts(setup, parts)
  const codec: RequestCodec = codecs[parts.format ?? 'json']
  if (bodyContent !== undefined && codec.kind === 'text' && parts.body.length > 0) {
    requireReadable(bodyContent, codec)
    return decodeText(shape, codec, parts, bound)
  }
  try {
    return writeRequest(setup, codec, parts, bound)
  } catch (error) {
    throw error instanceof FieldError ? statusOfFieldError(error) : error
  }
}

/** What the path and the query bind; undefined: nothing, so that nothing is made for it. */
function bindParts({ shape, parameters }: BindingSetup, { captures, query }: RequestParts): BoundMessage | undefined {
  if (shape.captures.length === 0 && query === '') return undefined
  const bound = new BoundMessage()
  bindCaptures(shape, captures, bound)
  if (query !== '') bindQuery(parameters, query, bound)
  return bound.entries.size === 0 ? undefined : bound
}

function bindCaptures(shape: BindingShape, captures: readonly string[], bound: BoundMessage): void {
  for (let i = 0; i < shape.captures.length; i++) {
    const { capture, path } = shape.captures[i]!
    const text = decodeCapture(captures[i] ?? '', capture.variable, capture.fullyDecode)
    let message = bound
    for (let step = 0; step < path.length - 1; step++) message = message.submessage(path[step]!)
    message.entries.set(path[path.length - 1]!, { origin: 'path', texts: [text], name: '' })
  }
}

function decodeText(
  { request, body, derivedMask }: BindingShape,
  codec: TextReader,
  { body: bytes, contentType }: RequestParts,
  bound: BoundMessage | undefined,
): DecodedRequest {
  const text = { bytes, contentType }
  if (body.kind !== 'field') {
    const message = codec.decodeMessage(text, request, bound).finish()
    return { message, bound, maskPaths: undefined }
  }
  const wantsMask = derivedMask !== undefined && bound?.entries.has(derivedMask) !== true
  const present = wantsMask ? new PresentPaths() : undefined
  const out = codec.decodeField(text, request, body.field, bound, present)
  const maskPaths = present?.isMessage === true ? present.paths : undefined
  if (maskPaths !== undefined) writeMask(derivedMask!, maskPaths, out)
  return { message: out.finish(), bound, maskPaths }
}

/** A request without a body that is text. */
function writeRequest(
  { shape, writer }: BindingSetup,
  codec: RequestCodec,
  parts: RequestParts,
  bound: BoundMessage | undefined,
): DecodedRequest {
  const { body, bodyContent } = shape
  writer.clear()
  if (body.kind === 'none' && parts.body.length > 0 && !codec.isEmptyBody(parts.body)) {
    throw transcodeError('UNEXPECTED_BODY', 'the method takes no body, and this one is not empty')
  }
  let maskPaths: readonly string[] | undefined
  if (body.kind === 'none' || parts.body.length === 0) {
    if (body.kind === 'field' && bodyContent !== undefined) requireOmissible(body.field)
    writeBound(writer, shape.request, bound)
  } else if (bodyContent === undefined) {
    writeRaw(shape, parts, bound, writer)
  } else {
    requireReadable(bodyContent, codec)
    maskPaths = writeWire(shape, parts.body, bound, writer)
  }
  return { message: writer.out.finish(), bound, maskPaths }
}

/** Also where nothing is bound: required fields are asked for. */
function writeBound(writer: MessageWriter, request: MessagePlan, bound: BoundMessage | undefined): void {
  const table = writer.tables.message(request)
  const base = writer.open(table)
  if (bound !== undefined) writer.addBound(base, table, bound)
  writer.close(table, base)
}

/** A scalar or an enum: there is no way to leave it unset by an empty body. */
function requireOmissible({ shape, element, jsonName }: FieldPlan): void {
  if (shape !== 'singular' || element.kind === 'message') return
  throw transcodeError('MISSING_BODY', `${jsonName}: the body is its value, and it is empty`, jsonName)
}

/** @throws StatusError 415 UNSUPPORTED_BODY for what has no form in the body's format */
function requireReadable(content: MessagePlan | FieldPlan, codec: RequestCodec): void {
  const why = codec.whyUnreadable?.(content)
  if (why === undefined) return
  if ('typeName' in content)
    throw transcodeError('UNSUPPORTED_BODY', `the body is a ${content.desc.name}, which is ${why}`)
  const name = content.jsonName
  throw transcodeError('UNSUPPORTED_BODY', `${name}: the body is this field, which is ${why}`, name)
}

/** google.api.HttpBody: the body as it is, whatever its format. */
function writeRaw(
  shape: BindingShape,
  { body, contentType }: RequestParts,
  bound: BoundMessage | undefined,
  writer: MessageWriter,
): void {
  const { out } = writer
  // What the path says of the type, `{content_type}`, comes last, so that it stands.
  if (shape.body.kind === 'field') writeFramed(shape.body.field, out, () => writeHttpBody(contentType, body, out))
  else writeHttpBody(contentType, body, out)
  writeBound(writer, shape.request, bound)
}

/** A protobuf body is the message's, or the body field's, own wire form; what the path and query bind goes after it. */
function writeWire(
  shape: BindingShape,
  body: Uint8Array,
  bound: BoundMessage | undefined,
  writer: MessageWriter,
): readonly string[] | undefined {
  const { out } = writer
  // Required fields may be in the bytes already written.
  writer.isWhole = false
  if (shape.body.kind !== 'field') {
    const message = readWireBody(shape.request, body)
    if (bound !== undefined) checkWireBody(message, bound, writer)
    out.raw(body)
    writeBound(writer, shape.request, bound)
    return undefined
  }
  const { field } = shape.body
  const message = readWireBody((field.element as MessageElement).message, body)
  if (bound !== undefined) checkFieldBody(field, message, bound, writer)
  writeFramed(field, out, () => out.raw(body))
  writeBound(writer, shape.request, bound)
  const mask = shape.derivedMask
  if (mask === undefined || bound?.entries.has(mask) === true) return undefined
  const paths = pathsOfMessage(message)
  writeMask(mask, paths, out)
  return paths
}

/** The body field is set; another member of its oneof that the path or the query binds is one too many. */
function checkFieldBody(field: FieldPlan, message: LocatedMessage, bound: BoundMessage, writer: MessageWriter): void {
  const inField = bound.entries.get(field)
  try {
    if (inField instanceof BoundMessage) checkWireBody(message, inField, writer)
  } catch (error) {
    throw leaving(error, field.jsonName)
  }
  if (field.oneof === undefined) return
  for (const other of bound.entries.keys()) {
    if (other === field || other.oneof !== field.oneof) continue
    const says = `${field.jsonName} is set too, and both are of the oneof ${field.oneof.name}`
    throw new FieldError('ONEOF_CONFLICT', says, -1, [other.jsonName])
  }
}

function writeFramed(field: FieldPlan, out: WireWriter, write: () => void): void {
  if ((field.element as MessageElement).isDelimited) {
    out.uint32(tagOf(field.number, WireType.StartGroup))
    write()
    out.uint32(tagOf(field.number, WireType.EndGroup))
    return
  }
  out.uint32(tagOf(field.number, WireType.LengthDelimited))
  const mark = out.begin()
  write()
  out.end(mark)
}
