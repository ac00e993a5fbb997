import type { Binding, Capture } from '../../mapping/index.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { isHttpBody, isHttpBodyField } from './http-body.js'

/** A path variable and the fields down to what it binds, the leaf last. */
export interface CapturePlan {
  readonly capture: Capture
  readonly path: readonly FieldPlan[]
}

export type BodyShape =
  { readonly kind: 'none' } | { readonly kind: 'whole' } | { readonly kind: 'field'; readonly field: FieldPlan }

/** A binding with the plans of all it names: compiled once, then only walked. */
export interface BindingShape {
  readonly request: MessagePlan
  readonly response: MessagePlan
  readonly captures: readonly CapturePlan[]
  readonly body: BodyShape
  /** What the bytes of a body are; undefined where none is bound, or a raw one. */
  readonly bodyContent: MessagePlan | FieldPlan | undefined
  readonly responseBody: FieldPlan | undefined
  /** `update_mask`, where this binding derives it from the body; undefined where it does not. */
  readonly derivedMask: FieldPlan | undefined
}

export function shapeOf(binding: Binding, plans: PlanTable, derivesMask: boolean): BindingShape {
  const request = plans.messagePlan(binding.method.input)
  const captures = binding.captures.map((capture) => ({
    capture,
    path: capture.path.map((field) => plans.fieldPlan(field)),
  }))
  const body: BodyShape =
    binding.body.kind === 'field' ? { kind: 'field', field: plans.fieldPlan(binding.body.field) } : binding.body
  return {
    request,
    bodyContent: contentOf(request, body),
    response: plans.messagePlan(binding.method.output),
    captures,
    body,
    responseBody: binding.responseBody === undefined ? undefined : plans.fieldPlan(binding.responseBody),
    derivedMask: derivesMask && binding.httpMethod === 'PATCH' ? maskField(request, body, captures) : undefined,
  }
}

function contentOf(request: MessagePlan, body: BodyShape): BindingShape['bodyContent'] {
  if (body.kind === 'none') return undefined
  if (body.kind === 'whole') return isHttpBody(request) ? undefined : request
  return isHttpBodyField(body.field) ? undefined : body.field
}

/**
 * The request's `google.protobuf.FieldMask update_mask` (AIP-134), where the body is a message field whose fields it can
 * name and nothing else of the binding sets it.
 */
function maskField(request: MessagePlan, body: BodyShape, captures: readonly CapturePlan[]): FieldPlan | undefined {
  if (body.kind !== 'field' || body.field.shape !== 'singular' || body.field.element.kind !== 'message')
    return undefined
  if (body.field.element.message.form !== undefined) return undefined
  const mask = request.byName.get('update_mask')
  if (mask?.name !== 'update_mask' || mask.shape !== 'singular' || mask.element.kind !== 'message') return undefined
  if (mask.element.message.form !== 'fieldMask') return undefined
  return captures.some(({ path }) => path[0] === mask) ? undefined : mask
}
