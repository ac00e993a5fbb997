import { shorten, transcodeError } from '../errors/transcode-error.js'
import { fieldPath, resolveName, unbindable } from '../form/bind-pair.js'
import { QUERY } from '../form/pair-source.js'
import type { FieldPlan } from '../plan/types.js'
import type { TranscodeOptions } from '../types.js'
import type { BindingShape } from './binding-shape.js'

/** Names of one binding that are remembered. In types that contain themselves there is no end of them. */
const MAX_REMEMBERED = 256

/** Which fields the query parameters of one binding lead to: each name is followed once, and then known. */
export class Parameters {
  readonly #shape: BindingShape
  readonly #options: TranscodeOptions['query']
  readonly #paths = new Map<string, readonly FieldPlan[]>()

  constructor(shape: BindingShape, options: TranscodeOptions['query']) {
    this.#shape = shape
    this.#options = options
  }

  /**
   * The fields down to what the parameter binds; undefined where it is no field's: a system parameter, or one that the
   * gateway is told to ignore.
   *
   * @throws StatusError INVALID_ARGUMENT naming the parameter: UNKNOWN_PARAMETER, UNBINDABLE_PARAMETER, FIELD_BOUND_TWICE
   */
  pathOf(name: string): readonly FieldPlan[] | undefined {
    const known = this.#paths.get(name)
    if (known !== undefined) return known
    const { ignore, unknown } = this.#options
    if (isSystemParameter(name) || ignore.includes(name)) return undefined
    const path = resolveName(this.#shape.request, name, QUERY, unknown === 'ignore')
    if (path === undefined) return undefined
    requireFree(this.#shape, name, path)
    if (this.#paths.size < MAX_REMEMBERED) this.#paths.set(name, path)
    return path
  }
}

/** True where a parameter is not the message's but the system's. */
function isSystemParameter(name: string): boolean {
  return name.startsWith('$')
}

/** Refuses a parameter of a field that the path or the body has. */
function requireFree(shape: BindingShape, name: string, path: readonly FieldPlan[]): void {
  if (shape.captures.some((capture) => isOrHas(path, capture.path))) {
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

/** True of one field, and of a well-known type and a field of it: `since`, beside `{since.seconds}`, or the other way round. */
function isOrHas(path: readonly FieldPlan[], captured: readonly FieldPlan[]): boolean {
  const [outer, inner] = path.length <= captured.length ? [path, captured] : [captured, path]
  return outer.every((field, index) => field === inner[index])
}
