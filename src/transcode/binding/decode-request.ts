import { decodeCapture } from '../../mapping/index.js'
import { transcodeError } from '../errors/transcode-error.js'
import type { Codecs, RequestCodec, TextReader } from '../formats/types.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { FieldPlan, MessageElement, MessagePlan } from '../plan/types.js'
import { BoundMessage } from '../tree/bound-message.js'
import { DecodeContext } from '../tree/decode-context.js'
import { TreeNode } from '../tree/node.js'
import { writeMessage } from '../tree/write-message.js'
import type { RequestParts, TranscodeOptions } from '../types.js'
import { scratchWriter, tagOf, WireType, type WireWriter } from '../wire/writer.js'
import type { BindingShape } from './binding-shape.js'
import { bindQuery } from './bind-query.js'
import { writeHttpBody } from './http-body.js'
import { pathsOfMessage, writeMask } from './patch-mask.js'
import { checkWireBody, readWireBody } from './wire-body.js'

/** What decoding requests of one binding needs. */
export interface DecodeSetup {
  readonly shape: BindingShape
  readonly plans: PlanTable
  readonly options: TranscodeOptions
  readonly codecs: Codecs
}

/** A request decoded, with what `explain` tells of it. */
export interface DecodedRequest {
  /** Wire bytes. */
  readonly message: Uint8Array
  /** What the path and the query bound. */
  readonly bound: BoundMessage
  /** The paths of an update mask derived from the body; undefined where none was. */
  readonly maskPaths: readonly string[] | undefined
}

/**
 * Request parts → the request message's wire bytes.
 *
 * @throws StatusError INVALID_ARGUMENT with the field
 */
export function decodeRequest(setup: DecodeSetup, parts: RequestParts): DecodedRequest {
  const { shape, options } = setup
  const bindsNothing = shape.captures.length === 0 && parts.query === ''
  const bound = bindsNothing ? NOTHING_BOUND : new BoundMessage()
  if (!bindsNothing) {
    bindCaptures(shape, parts.captures, bound)
    if (parts.query !== '') bindQuery(shape, parts.query, options.query, bound)
  }
  const out = scratchWriter()
  const maskPaths = writeRequest(setup, parts, bound, out)
  return { message: out.finish(), bound, maskPaths }
}

/** Of requests that have only a body. Nothing is ever added to it. */
const NOTHING_BOUND = new BoundMessage()

function bindCaptures(shape: BindingShape, captures: readonly string[], bound: BoundMessage): void {
  for (let i = 0; i < shape.captures.length; i++) {
    const { capture, path } = shape.captures[i]!
    const text = decodeCapture(captures[i] ?? '', capture.variable, capture.fullyDecode)
    let message = bound
    for (let step = 0; step < path.length - 1; step++) message = message.submessage(path[step]!)
    message.entries.set(path[path.length - 1]!, { origin: 'path', node: TreeNode.text(text), name: '', items: [] })
  }
}

function writeRequest(
  setup: DecodeSetup,
  parts: RequestParts,
  bound: BoundMessage,
  out: WireWriter,
): readonly string[] | undefined {
  const { request, body, bodyContent } = setup.shape
  const codec: RequestCodec = setup.codecs[parts.format ?? 'json']
  if (bodyContent !== undefined && codec.kind === 'text' && parts.body.length > 0) {
    requireReadable(bodyContent, codec)
    return writeText(setup.shape, codec, parts, bound, out)
  }
  const context = new DecodeContext(setup.plans, setup.options.json.unknownFields === 'ignore')
  if (body.kind === 'none') {
    if (parts.body.length > 0 && !codec.isEmptyBody(parts.body)) {
      throw transcodeError('UNEXPECTED_BODY', 'the method takes no body, and this one is not empty')
    }
    writeMessage(request, undefined, bound, out, context)
    return undefined
  }
  if (bodyContent === undefined) {
    writeRaw(setup.shape, parts, bound, context, out)
    return undefined
  }
  if (parts.body.length === 0) {
    if (body.kind === 'field' && isScalarBody(body.field)) {
      const name = body.field.jsonName
      throw transcodeError('MISSING_BODY', `${name}: the body is its value, and it is empty`, name)
    }
    writeMessage(request, undefined, bound, out, context)
    return undefined
  }
  requireReadable(bodyContent, codec)
  return writeWire(setup.shape, parts.body, bound, context, out)
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

/** A scalar or an enum: there is no way to leave it unset by an empty body. */
function isScalarBody(field: FieldPlan): boolean {
  return field.shape === 'singular' && field.element.kind !== 'message'
}

/** google.api.HttpBody: the body as it is, whatever its format. */
function writeRaw(
  shape: BindingShape,
  parts: RequestParts,
  bound: BoundMessage,
  context: DecodeContext,
  out: WireWriter,
): void {
  if (shape.body.kind !== 'field') {
    writeMessage(shape.request, undefined, bound, out, context)
    if (parts.body.length > 0) writeHttpBody(parts.contentType, parts.body, out)
    return
  }
  const { field } = shape.body
  if (parts.body.length > 0) {
    writeFramed(field, out, () => writeHttpBody(parts.contentType, parts.body, out))
  }
  writeMessage(shape.request, undefined, bound, out, context)
}

function writeText(
  shape: BindingShape,
  codec: TextReader,
  { body, contentType }: RequestParts,
  bound: BoundMessage,
  out: WireWriter,
): readonly string[] | undefined {
  const text = { bytes: body, contentType }
  const inBody = bound.entries.size === 0 ? undefined : bound
  if (shape.body.kind !== 'field') {
    codec.decodeMessage(text, shape.request, inBody, out)
    return undefined
  }
  const mask = shape.derivedMask
  const wantsPaths = mask !== undefined && !bound.entries.has(mask)
  const paths = codec.decodeField(text, shape.request, shape.body.field, inBody, out, wantsPaths)
  if (mask !== undefined && paths !== undefined) writeMask(mask, paths, out)
  return paths
}

/** A protobuf body is the message's, or the body field's, own wire form; what the path and query bind goes after it. */
function writeWire(
  shape: BindingShape,
  body: Uint8Array,
  bound: BoundMessage,
  context: DecodeContext,
  out: WireWriter,
): readonly string[] | undefined {
  if (shape.body.kind !== 'field') {
    checkWireBody(readWireBody(shape.request, body), bound, context)
    out.raw(body)
    writeBoundAlone(shape.request, bound, context, out)
    return undefined
  }
  const { field } = shape.body
  const message = readWireBody((field.element as MessageElement).message, body)
  const inField = bound.entries.get(field)
  if (inField instanceof BoundMessage) {
    context.path.push(field.jsonName)
    checkWireBody(message, inField, context)
    context.path.pop()
  }
  checkOtherMembers(field, bound, context)
  writeFramed(field, out, () => out.raw(body))
  writeBoundAlone(shape.request, bound, context, out)
  const mask = shape.derivedMask
  if (mask === undefined || bound.entries.has(mask)) return undefined
  const paths = pathsOfMessage(message)
  writeMask(mask, paths, out)
  return paths
}

/** The body field is set; another member of its oneof that the path or the query binds is one too many. */
function checkOtherMembers(field: FieldPlan, bound: BoundMessage, context: DecodeContext): void {
  if (field.oneof === undefined) return
  for (const other of bound.entries.keys()) {
    if (other === field || other.oneof !== field.oneof) continue
    context.path.push(other.jsonName)
    throw context.error('ONEOF_CONFLICT', `${field.jsonName} is set too, and both are of the oneof ${field.oneof.name}`)
  }
}

/** Without the check for required fields, which may be in the bytes already written. */
function writeBoundAlone(request: MessagePlan, bound: BoundMessage, context: DecodeContext, out: WireWriter): void {
  if (bound.entries.size > 0) writeMessage(request, undefined, bound, out, context.partial())
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
