import { BoundMessage } from '../decode/bound-message.js'
import { suggestField } from '../errors/nearest.js'
import { depthExceeded, quote, shorten, transcodeError } from '../errors/transcode-error.js'
import { hasTextForm, namedMessageOf, onlyFieldOf } from '../plan/special-form.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { MAX_DEPTH } from '../wire/reader.js'
import type { PairSource } from './pair-source.js'

/**
 * The fields a dotted name leads through, each by its proto or JSON name; undefined where it names none and unknown ones
 * are ignored. Those of Timestamp and Duration too (google/api/http.proto: "each field of the message is mapped to a separate
 * parameter"), and of a wrapper or a FieldMask, which then is what is bound.
 *
 * @throws StatusError INVALID_ARGUMENT naming the pair: unknown, unbindable; DEPTH_EXCEEDED
 */
export function resolveName(
  owner: MessagePlan,
  name: string,
  source: PairSource,
  ignoresUnknown: boolean,
): FieldPlan[] | undefined {
  const path: FieldPlan[] = []
  let plan: MessagePlan | undefined = owner
  let from = 0
  for (;;) {
    const dot = name.indexOf('.', from)
    const step = name.slice(from, dot === -1 ? name.length : dot)
    const field: FieldPlan | undefined = plan.byName.get(step)
    if (field === undefined) {
      if (ignoresUnknown) return undefined
      throw unknown(name, suggestField(step, plan), source)
    }
    path.push(field)
    // What is bound is walked by recursion afterwards.
    if (path.length > MAX_DEPTH) throw depthExceeded()
    if (dot === -1) return path
    // `wrapped.value` is `wrapped`; `mask.paths` is a path of `mask`.
    if (name.slice(dot + 1) === onlyFieldOf(field)) return path
    plan = namedMessageOf(field)
    if (plan === undefined) {
      if (field.shape === 'map' || field.element.kind === 'message') {
        throw unbindable(name, `${shorten(step)} is ${kindOf(field)}: ${source.advice}`, source)
      }
      if (ignoresUnknown) return undefined
      throw unknown(name, `: ${shorten(step)} has no fields`, source)
    }
    from = dot + 1
  }
}

/**
 * Binds a pair to the field its name has led to. Values are converted later, when the message is written.
 *
 * @throws StatusError INVALID_ARGUMENT naming the pair: unbindable, repeated
 */
export function bindPair(
  bound: BoundMessage,
  path: readonly FieldPlan[],
  name: string,
  value: string,
  source: PairSource,
): void {
  const leaf = path[path.length - 1]!
  if (!isBindable(leaf)) throw unbindable(name, `it is ${kindOf(leaf)}, ${source.unsayable}`, source)
  let message = bound
  for (let i = 0; i < path.length - 1; i++) {
    const known = message.entries.get(path[i]!)
    if (known !== undefined && !(known instanceof BoundMessage)) throw inTwoForms(path.slice(0, i + 1), source)
    message = message.submessage(path[i]!)
  }
  const known = message.entries.get(leaf)
  if (known instanceof BoundMessage) throw inTwoForms(path, source)
  if (known === undefined) {
    message.entries.set(leaf, { origin: source.origin, texts: [value], name })
  } else if (known.name !== name) {
    const message = `${shorten(known.name)} and ${shorten(name)} are one field: use one spelling`
    throw transcodeError(source.reasons.repeated, message, source.prefix + fieldPath(path))
  } else if (leaf.shape === 'list') {
    known.texts.push(value)
  } else if (isPathsOfMask(leaf, path, name)) {
    known.texts[0] += `,${value}`
  } else {
    const message = `${source.noun} ${shorten(name)} is given twice`
    throw transcodeError(source.reasons.repeated, message, source.prefix + fieldPath(path))
  }
}

/** `mask.paths`, which may come more than once, and not a FieldMask that is named so itself. */
function isPathsOfMask(leaf: FieldPlan, path: readonly FieldPlan[], name: string): boolean {
  return onlyFieldOf(leaf) === 'paths' && name.split('.').length > path.length
}

/** A well-known type as its text, `since=…`, and by its fields, `since.seconds=…`. */
function inTwoForms(path: readonly FieldPlan[], { prefix, reasons }: PairSource): Error {
  const field = fieldPath(path)
  return transcodeError(reasons.repeated, `${field} is given whole and by its fields: give one of them`, prefix + field)
}

/** A path in JSON names, dotted. */
export function fieldPath(path: readonly FieldPlan[]): string {
  return path.map((field) => field.jsonName).join('.')
}

export function unbindable(name: string, why: string, { noun, prefix, reasons }: PairSource): Error {
  return transcodeError(reasons.unbindable, `${noun} ${quote(name)} cannot be bound: ${why}`, prefix + shorten(name))
}

function unknown(name: string, more: string, { origin, noun, owner, prefix, reasons }: PairSource): Error {
  // `curl -d '{…}'` says that its body is a form, where nothing else is said.
  const hint = origin === 'body' && /^\s*[{[]/.test(name) ? ': JSON needs Content-Type: application/json' : more
  const message = `${noun} ${quote(name)} names no field of ${owner}${hint}`
  return transcodeError(reasons.unknown, message, prefix + shorten(name))
}

/** Scalars, enums and messages whose JSON is one string or number; of the first two also lists. */
function isBindable(field: FieldPlan): boolean {
  if (field.shape === 'map') return false
  if (field.element.kind !== 'message') return true
  return field.shape === 'singular' && hasTextForm(field.element.message.form)
}

/** What a field that no pair can give a value to is, for a person. */
function kindOf(field: FieldPlan): string {
  if (field.shape === 'map') return 'a map'
  if (field.shape === 'list') return 'a repeated message'
  if (field.element.kind !== 'message' || field.element.message.form === undefined) return 'a message'
  const { name } = field.element.message.desc
  return `${/^[AI]/.test(name) ? 'an' : 'a'} ${name}`
}
