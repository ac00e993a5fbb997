import type { Located } from '../../config/index.js'
import type { Problems } from '../../problems/index.js'
import type { PolicyMethod } from '../types.js'
import { compileExpression, type CompiledExpression } from './compile.js'

/**
 * Compiles an expression for a method. What is wrong with it is reported, and then there is none. The methods of an entry
 * may be thousands: what is as wrong for all of them, or for all with the same request, is told of the first alone.
 */
export function compileOrReport(
  { value, position }: Located<string>,
  { name, desc, problems }: PolicyMethod,
): CompiledExpression | undefined {
  const expression = compileExpression(value, desc.input)
  if ('evaluate' in expression) return expression
  for (const wrong of expression) {
    if (!isFirst(problems, `${position.file}:${position.line}:${position.column} ${wrong}`)) continue
    problems.error(position, `the expression cannot be used: ${wrong}`, {
      selector: name,
      advice: 'it is CEL over request, identity, claims, headers, client.address and rpc',
    })
  }
  return undefined
}

const told = new WeakMap<Problems, Set<string>>()

/** A method has a chain for each of its routes, and an entry many methods: what is wrong is told once. */
export function isFirst(problems: Problems, what: string): boolean {
  let known = told.get(problems)
  if (known === undefined) told.set(problems, (known = new Set()))
  const { size } = known
  return known.add(what).size > size
}
