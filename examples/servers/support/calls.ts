import { Metadata, status } from '@grpc/grpc-js'
import type { handleUnaryCall, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js'
import { RpcError } from './rpc-error.js'

/** A longer delay than this is asked for by mistake. */
const MAX_DELAY_MS = 30_000

/** Writes what a method wants to send as response headers beside its answer. */
export type ResponseHeaders = Metadata

/** A unary method: returns its answer or throws an {@link RpcError}. */
export type UnaryMethod<Request, Response> = (request: Request, headers: ResponseHeaders) => Response

/** What every call of one server shares. */
export interface Calling {
  /** Sent with each answer as the header `x-served-by`. */
  readonly servedBy: string
  /** Sent with each answer as the trailer `x-store-version`: how often anything was changed. */
  readonly storeVersion: () => number
}

/**
 * Makes a grpc-js handler of a method. Beside the method it answers to two request headers, for trying out what
 * clients and gateways do with slow and failing servers: `x-example-delay-ms: 500` waits before the method runs, unless
 * the call is cancelled meanwhile; `x-example-fail: 14` fails with that status code instead.
 */
function unary<Request, Response>(
  calling: Calling,
  method: UnaryMethod<Request, Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const answer = () => {
      const headers = new Metadata()
      headers.set('x-served-by', calling.servedBy)
      const trailers = new Metadata()
      try {
        failIfAsked(call.metadata)
        const response = method(call.request, headers)
        trailers.set('x-store-version', String(calling.storeVersion()))
        call.sendMetadata(headers)
        callback(null, response, trailers)
      } catch (error) {
        trailers.set('x-store-version', String(calling.storeVersion()))
        call.sendMetadata(headers)
        callback(toServerError(error, trailers))
      }
    }
    afterDelay(call, answer)
  }
}

/** The handlers of several methods, by name. */
export function unaryHandlers(
  calling: Calling,
  methods: Record<string, UnaryMethod<never, unknown>>,
): UntypedServiceImplementation {
  const handlers = Object.entries(methods).map(([name, method]) => [name, unary(calling, method)])
  // grpc-js hands each method the message type its definition names, which is what the method says it takes.
  return Object.fromEntries(handlers) as UntypedServiceImplementation
}

/** What grpc-js is told of a failure. What is not an {@link RpcError} is a defect: logged, and INTERNAL to the client. */
export function toServerError(error: unknown, trailers: Metadata) {
  if (error instanceof RpcError) return error.toResponse(trailers)
  console.error(error)
  return { code: status.INTERNAL, details: 'the example server has a defect: see its log', metadata: trailers }
}

/** Runs `answer` at once, or after the delay the caller asks for; never if the call is cancelled before. */
function afterDelay<Request, Response>(call: ServerUnaryCall<Request, Response>, answer: () => void): void {
  const delayMs = Math.min(numberIn(call.metadata, 'x-example-delay-ms') ?? 0, MAX_DELAY_MS)
  if (delayMs <= 0) return answer()
  const timer = setTimeout(answer, delayMs)
  call.on('cancelled', () => clearTimeout(timer))
}

function failIfAsked(metadata: Metadata): void {
  const code = numberIn(metadata, 'x-example-fail')
  if (code !== undefined && code >= status.CANCELLED && code <= status.UNAUTHENTICATED) {
    throw new RpcError(code, 'failed as asked by x-example-fail', [])
  }
}

/** The whole number a header holds, if it holds one. */
function numberIn(metadata: Metadata, key: string): number | undefined {
  const value = Number(metadata.get(key)[0] ?? Number.NaN)
  return Number.isInteger(value) ? value : undefined
}
