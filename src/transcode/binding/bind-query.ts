import type { BoundMessage } from '../decode/bound-message.js'
import { bindPair } from '../form/bind-pair.js'
import { QUERY } from '../form/pair-source.js'
import { PairReader } from '../form/pairs.js'
import type { Parameters } from './parameters.js'

/**
 * Binds the query's parameters to fields of the request that neither the path nor the body has (google/api/http.proto,
 * "Rules for HTTP mapping"; what it leaves open as ruled in `docs/mapping.md`). Values are converted later, when the
 * message is written.
 *
 * @throws StatusError INVALID_ARGUMENT naming the parameter
 */
export function bindQuery(parameters: Parameters, query: string, bound: BoundMessage): void {
  const pairs = new PairReader(query, QUERY)
  while (pairs.next()) {
    const name = pairs.name()
    const value = pairs.value(name)
    const path = parameters.pathOf(name)
    if (path !== undefined) bindPair(bound, path, name, value, QUERY)
  }
}
