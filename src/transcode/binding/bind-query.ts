import { suggestField } from '../errors/nearest.js'
import { quote, shorten, transcodeError } from '../errors/transcode-error.js'
import { hasTextForm, ordinaryMessageOf } from '../plan/special-form.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { BoundMessage } from '../tree/bound-message.js'
import { TreeNode } from '../tree/node.js'
import type { TranscodeOptions } from '../types.js'
import type { BindingShape } from './binding-shape.js'
import { splitQuery } from './query-pairs.js'
import { isSystemParameter } from './system-parameters.js'

/**
 * Binds the query's parameters to fields of the request that neither the path nor the body has (google/api/http.proto,
 * "Rules for HTTP mapping"; what it leaves open as ruled in `docs/mapping.md`). Values are converted later, when the
 * message is written.
 *
 * @throws StatusError INVALID_ARGUMENT naming the parameter
 */
export function bindQuery(
  shape: BindingShape,
  query: string,
  options: TranscodeOptions['query'],
  bound: BoundMessage,
): void {
  for (const { name, value } of splitQuery(query)) {
    if (isSystemParameter(name) || options.ignore.includes(name)) continue
    const path = resolve(shape.request, name, options.unknown === 'ignore')
    if (path !== undefined) bindParameter(shape, name, path, value, bound)
  }
}

/**
 * The fields a dotted name leads through, each by its proto or JSON name; undefined where it names none and unknown ones
 * are ignored.
 */
function resolve(request: MessagePlan, name: string, ignoresUnknown: boolean): FieldPlan[] | undefined {
  const path: FieldPlan[] = []
  let plan: MessagePlan | undefined = request
  let from = 0
  for (;;) {
    const dot = name.indexOf('.', from)
    const step = name.slice(from, dot === -1 ? name.length : dot)
    const field: FieldPlan | undefined = plan.byName.get(step)
    if (field === undefined) {
      if (ignoresUnknown) return undefined
      throw unknown(name, suggestField(step, plan))
    }
    path.push(field)
    if (dot === -1) return path
    plan = ordinaryMessageOf(field)
    if (plan === undefined) {
      if (field.shape === 'map' || field.element.kind === 'message') {
        const advice = isBindable(field) ? 'name it alone, or use the body' : 'use the body'
        throw unbindable(name, `${shorten(step)} is ${kindOf(field)}: ${advice}`)
      }
      if (ignoresUnknown) return undefined
      throw unknown(name, `: ${shorten(step)} has no fields`)
    }
    from = dot + 1
  }
}

function bindParameter(
  shape: BindingShape,
  name: string,
  path: readonly FieldPlan[],
  value: string,
  bound: BoundMessage,
): void {
  if (shape.captures.some((capture) => isSamePath(capture.path, path))) {
    throw transcodeError(
      'FIELD_BOUND_TWICE',
      `the query parameter ${shorten(name)} is bound by the path`,
      fieldPath(path),
    )
  }
  if (shape.body.kind === 'whole') {
    throw unbindable(name, 'the body is the whole request, so nothing is left for the query')
  }
  if (shape.body.kind === 'field' && path[0] === shape.body.field) {
    throw unbindable(name, `${path[0].jsonName} is the body`)
  }
  const leaf = path[path.length - 1]!
  if (!isBindable(leaf)) throw unbindable(name, `it is ${kindOf(leaf)}, which has no query form`)
  let message = bound
  for (let i = 0; i < path.length - 1; i++) message = message.submessage(path[i]!)
  addLeaf(message, leaf, name, value, path)
}

function addLeaf(
  message: BoundMessage,
  leaf: FieldPlan,
  name: string,
  value: string,
  path: readonly FieldPlan[],
): void {
  const node = TreeNode.text(value)
  const known = message.entries.get(leaf)
  if (known === undefined || known instanceof BoundMessage) {
    const items = leaf.shape === 'list' ? [node] : []
    message.entries.set(leaf, {
      origin: 'query',
      node: leaf.shape === 'list' ? TreeNode.array(items) : node,
      name,
      items,
    })
  } else if (known.name !== name) {
    const message = `${shorten(known.name)} and ${shorten(name)} are one field: use one spelling`
    throw transcodeError('REPEATED_PARAMETER', message, fieldPath(path))
  } else if (leaf.shape === 'list') {
    known.items.push(node)
  } else {
    throw transcodeError('REPEATED_PARAMETER', `the query parameter ${shorten(name)} is given twice`, fieldPath(path))
  }
}

/** Scalars, enums and messages whose JSON is one string or number; of the first two also lists. */
function isBindable(field: FieldPlan): boolean {
  if (field.shape === 'map') return false
  if (field.element.kind !== 'message') return true
  return field.shape === 'singular' && hasTextForm(field.element.message.form)
}

/** What a field that has no query form is, for a person. */
function kindOf(field: FieldPlan): string {
  if (field.shape === 'map') return 'a map'
  if (field.shape === 'list') return 'a repeated message'
  if (field.element.kind !== 'message' || field.element.message.form === undefined) return 'a message'
  const { name } = field.element.message.desc
  return `${name === 'Any' ? 'an' : 'a'} ${name}`
}

function isSamePath(a: readonly FieldPlan[], b: readonly FieldPlan[]): boolean {
  return a.length === b.length && a.every((field, index) => field === b[index])
}

function fieldPath(path: readonly FieldPlan[]): string {
  return path.map((field) => field.jsonName).join('.')
}

function unknown(name: string, more: string): Error {
  const message = `the query parameter ${quote(name)} names no field of the request${more}`
  return transcodeError('UNKNOWN_PARAMETER', message, shorten(name))
}

function unbindable(name: string, why: string): Error {
  const message = `the query parameter ${quote(name)} cannot be bound: ${why}`
  return transcodeError('UNBINDABLE_PARAMETER', message, shorten(name))
}
