import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'

const MAX_PATH = 200

/**
 * The refusal of a request that no route takes.
 * @param path as sent
 * @param awaited what has not been told yet (`the schema of catalog`): the path may be one that it makes
 */
export function noRoute(method: string, path: string, awaited: readonly string[]): StatusError {
  if (awaited.length > 0) {
    return new StatusError(
      Code.Unavailable,
      `${awaited.join(' and ')} ${awaited.length === 1 ? 'is' : 'are'} not known yet: try again soon`,
      {
        reason: Reason.SchemaNotLoaded,
        headers: ['retry-after', '1'],
      },
    )
  }
  return new StatusError(Code.NotFound, `no route matches ${method} ${path.slice(0, MAX_PATH)}`, {
    reason: Reason.NoRoute,
  })
}

/** The refusal of a method that the path does not have (RFC 9110 §15.5.6); TRACE and CONNECT no path has. */
export function methodNotAllowed(method: string, allow: readonly string[]): StatusError {
  return new StatusError(Code.Unimplemented, `${method} is not allowed here`, {
    reason: Reason.MethodNotAllowed,
    httpStatus: 405,
    headers: ['allow', allow.join(', ')],
  })
}
