import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import type { Binding } from '../mapping/index.js'
import { resilientCall, type UnaryCall, type Upstream } from '../upstream/index.js'
import type { MethodSettings } from './settings.js'

/** HTTP methods of requests that may be sent twice (RFC 9110 §9.2.2), of those that mappings have. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

/** How a route calls its upstream: with every traffic policy of the method round it, outermost last. */
export function compileCall(binding: Binding, upstream: Upstream, settings: MethodSettings): UnaryCall {
  const { perTryTimeoutMs, retry, hedge } = settings
  return resilientCall(upstream, {
    perTryTimeoutMs,
    retry,
    hedge,
    isSafe: retry?.unsafe === true || isIdempotent(binding),
  })
}

/** True where the method's author, or the HTTP method it is called by, says that calling it twice is as calling it once. */
function isIdempotent({ method, httpMethod }: Binding): boolean {
  const { idempotency } = method
  return (
    idempotency === IdempotencyLevel.NO_SIDE_EFFECTS ||
    idempotency === IdempotencyLevel.IDEMPOTENT ||
    IDEMPOTENT.has(httpMethod)
  )
}
