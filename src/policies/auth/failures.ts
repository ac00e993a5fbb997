import { Code, StatusError } from '../../status/index.js'
import { PolicyReason } from '../reasons.js'

/** A quoted-string of RFC 9110 §5.6.4: what cannot stand in one is left out. */
export function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`
}

/** No credentials: a challenge for each way to have some, without `error` (RFC 6750 §3.1). */
export function missingCredentials(challenges: readonly string[]): StatusError {
  return new StatusError(Code.Unauthenticated, 'the method asks who calls: send credentials', {
    reason: PolicyReason.MissingCredentials,
    headers: challenges.flatMap((challenge) => ['www-authenticate', challenge]),
  })
}

/** Credentials that are not good. @param challenge of the provider, which the error is added to */
export function invalidCredentials(challenge: string, description: string): StatusError {
  const more = `error="invalid_token", error_description=${quoted(description)}`
  return new StatusError(Code.Unauthenticated, description, {
    reason: PolicyReason.InvalidCredentials,
    headers: ['www-authenticate', `${challenge}, ${more}`],
  })
}

/** RFC 6750 §3.1 `invalid_request`: nothing is decided about the credentials. */
export function malformedCredentials(description: string): StatusError {
  return new StatusError(Code.InvalidArgument, description, {
    reason: PolicyReason.MalformedCredentials,
    headers: ['www-authenticate', `Bearer error="invalid_request", error_description=${quoted(description)}`],
  })
}

export function insufficientScope(scopes: readonly string[]): StatusError {
  return new StatusError(Code.PermissionDenied, `the credentials lack a scope: ${scopes.join(', ')}`, {
    reason: PolicyReason.InsufficientScope,
    headers: ['www-authenticate', `Bearer error="insufficient_scope", scope=${quoted(scopes.join(' '))}`],
  })
}

export function permissionDenied(message: string): StatusError {
  return new StatusError(Code.PermissionDenied, message, { reason: PolicyReason.PermissionDenied })
}

export function authenticationUnavailable(): StatusError {
  return new StatusError(Code.Unavailable, 'the credentials cannot be checked at present', {
    reason: PolicyReason.AuthenticationUnavailable,
    headers: ['retry-after', '5'],
  })
}
