import type { BoundMessage } from '../decode/bound-message.js'
import { shorten, transcodeError } from '../errors/transcode-error.js'
import { bindPair, fieldPath, resolveName, unbindable } from '../form/bind-pair.js'
import { QUERY } from '../form/pair-source.js'
import { readPairs } from '../form/pairs.js'
import type { FieldPlan } from '../plan/types.js'
import type { TranscodeOptions } from '../types.js'
import type { BindingShape } from './binding-shape.js'
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
  for (const { name, value } of readPairs(query, QUERY)) {
    if (isSystemParameter(name) || options.ignore.includes(name)) continue
    const path = resolveName(shape.request, name, QUERY, options.unknown === 'ignore')
    if (path === undefined) continue
    requireFree(shape, name, path)
    bindPair(bound, path, name, value, QUERY)
  }
}

/** Refuses a parameter of a field that the path or the body has. */
function requireFree(shape: BindingShape, name: string, path: readonly FieldPlan[]): void {
  if (shape.captures.some((capture) => isSamePath(capture.path, path))) {
    throw transcodeError(
      'FIELD_BOUND_TWICE',
      `the query parameter ${shorten(name)} is bound by the path`,
      fieldPath(path),
    )
  }
  if (shape.body.kind === 'whole') {
    throw unbindable(name, 'the body is the whole request, so nothing is left for the query', QUERY)
  }
  if (shape.body.kind === 'field' && path[0] === shape.body.field) {
    throw unbindable(name, `${path[0].jsonName} is the body`, QUERY)
  }
}

function isSamePath(a: readonly FieldPlan[], b: readonly FieldPlan[]): boolean {
  return a.length === b.length && a.every((field, index) => field === b[index])
}
