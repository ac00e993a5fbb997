import type { RequiredAuth } from '../../config/index.js'
import { compileOrReport, type CompiledExpression } from '../expressions/index.js'
import type { MessageFilter, PolicyMethod, PolicyRequest } from '../types.js'
import { permissionDenied } from './failures.js'

/** Expressions that all have to be true: those that can be known before the body is read, and those over the message. */
export interface CompiledWhere {
  /** Throws where one denies; undefined: there are none. */
  readonly early: ((request: PolicyRequest) => void) | undefined
  readonly late: MessageFilter | undefined
}

/** `where`: whatever does not come out `true` denies, failing too. What is wrong in one is reported. */
export function compileWhere(where: RequiredAuth['where'], method: PolicyMethod): CompiledWhere {
  const compiled = where.flatMap((expression) => compileOrReport(expression, method) ?? [])
  const before = compiled.filter(({ usesMessage }) => !usesMessage)
  const after = compiled.filter(({ usesMessage }) => usesMessage)
  return {
    early: before.length === 0 ? undefined : (request) => requireAll(before, request, undefined),
    late:
      after.length === 0
        ? undefined
        : (request, message) => {
            requireAll(after, request, message)
            return undefined
          },
  }
}

function requireAll(
  expressions: readonly CompiledExpression[],
  request: PolicyRequest,
  message: Uint8Array | undefined,
): void {
  for (const expression of expressions) {
    if (expression.evaluate(request, message) !== true) throw permissionDenied('the caller may not do this')
  }
}
