import type { IncomingMessage } from 'node:http'
import type { Route } from '../exchange/index.js'
import type { Condition } from './settings.js'

/**
 * The route as it is for a request, where entries of `policies` are only for requests that have certain headers
 * (`match`). Each combination is compiled when it is first met, and kept.
 *
 * @param compile a bit for each condition that is met, the first the lowest
 */
export function compileVariants(
  conditions: readonly Condition[],
  compile: (met: number) => Route,
): (http: IncomingMessage) => Route {
  const compiled = new Array<Route | undefined>(2 ** conditions.length).fill(undefined)
  return ({ headers }) => {
    let met = 0
    for (let i = 0; i < conditions.length; i++) {
      if (conditions[i]!.headers.every(([name, value]) => headers[name] === value)) met |= 1 << i
    }
    return (compiled[met] ??= compile(met))
  }
}
