import type { RequiredAuth } from '../../config/index.js'
import type { Problems } from '../../problems/index.js'
import { compileExpression, type CompiledExpression } from '../expressions/index.js'
import type { MessageFilter, PolicyMethod, PolicyRequest } from '../types.js'
import { permissionDenied } from './failures.js'

/** Expressions that all have to be true: those that can be known before the body is read, and those over the message. */
export interface CompiledWhere {
  /** Throws where one denies; undefined: there are none. */
  readonly early: ((request: PolicyRequest) => void) | undefined
  readonly late: MessageFilter | undefined
}

/** `where`: whatever does not come out `true` denies, failing too. What is wrong in one is reported. */
export function compileWhere(where: RequiredAuth['where'], { name, desc, problems }: PolicyMethod): CompiledWhere {
  const compiled: CompiledExpression[] = []
  for (const { value, position } of where) {
    const expression = compileExpression(value, desc.input)
    if ('evaluate' in expression) {
      compiled.push(expression)
      continue
    }
    for (const wrong of expression) {
      if (!isFirst(problems, `${position.file}:${position.line}:${position.column} ${name} ${wrong}`)) continue
      problems.error(position, `the expression cannot be used: ${wrong}`, {
        selector: name,
        advice: 'it is CEL over request, identity, claims, headers, client.address and rpc',
      })
    }
  }
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

const told = new WeakMap<Problems, Set<string>>()

/** A method has a chain for each of its routes: what is wrong is told once. */
function isFirst(problems: Problems, what: string): boolean {
  let known = told.get(problems)
  if (known === undefined) told.set(problems, (known = new Set()))
  const { size } = known
  return known.add(what).size > size
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
