import { Code, type ReasonRow } from '../status/index.js'

/** Stable reasons of errors that policies make, as `exchange/reasons.ts` has its own; `docs/errors.md` lists them. */
export const PolicyReason = {
  MissingCredentials: 'MISSING_CREDENTIALS',
  InvalidCredentials: 'INVALID_CREDENTIALS',
  MalformedCredentials: 'MALFORMED_CREDENTIALS',
  PermissionDenied: 'PERMISSION_DENIED',
  InsufficientScope: 'INSUFFICIENT_SCOPE',
  AuthenticationUnavailable: 'AUTHENTICATION_UNAVAILABLE',
  LimitReached: 'LIMIT_REACHED',
  TooManyConcurrent: 'TOO_MANY_CONCURRENT',
  TooManyFailures: 'TOO_MANY_FAILURES',
  GatewayOverloaded: 'GATEWAY_OVERLOADED',
} as const

export type PolicyReason = (typeof PolicyReason)[keyof typeof PolicyReason]

const row = (code: Code, httpStatus: number, meaning: string, advice: string): ReasonRow => ({
  code,
  httpStatus,
  meaning,
  advice,
})

/** What each reason means and what to do about it, for `docs/errors.md`. */
export const POLICY_REASONS: Readonly<Record<PolicyReason, ReasonRow>> = {
  MISSING_CREDENTIALS: row(
    Code.Unauthenticated,
    401,
    'The method asks who calls, and the request has no credentials of a kind it takes.',
    'Send one of those in `WWW-Authenticate`.',
  ),
  INVALID_CREDENTIALS: row(
    Code.Unauthenticated,
    401,
    'The credentials are not good: expired, of another issuer or audience, forged, or not known.',
    'Get new ones; `error_description` in `WWW-Authenticate` says what is wrong.',
  ),
  MALFORMED_CREDENTIALS: row(
    Code.InvalidArgument,
    400,
    'Two Authorization headers, two different keys, or credentials that break their grammar.',
    'Send one credential, as its scheme writes it.',
  ),
  PERMISSION_DENIED: row(
    Code.PermissionDenied,
    403,
    'Who calls is known, and may not call this; or nothing says who may.',
    'Ask whoever runs the gateway; `protobridge explain` shows which policy applies.',
  ),
  INSUFFICIENT_SCOPE: row(
    Code.PermissionDenied,
    403,
    'The credentials lack a scope that the method asks for.',
    'Get credentials with the scopes in `WWW-Authenticate`.',
  ),
  AUTHENTICATION_UNAVAILABLE: row(
    Code.Unavailable,
    503,
    'What is needed to check the credentials (keys of the issuer, introspection) cannot be reached.',
    'Try again; see the gateway’s log for what is away.',
  ),
  LIMIT_REACHED: row(
    Code.ResourceExhausted,
    429,
    'The caller has used up one of its `limits`, which the metadata names.',
    'Wait as long as `Retry-After` says; `RateLimit` tells what is left.',
  ),
  TOO_MANY_CONCURRENT: row(
    Code.ResourceExhausted,
    429,
    'As many requests of this caller are under way as `concurrency` allows.',
    'Wait for one of them to be answered before you send the next.',
  ),
  TOO_MANY_FAILURES: row(
    Code.ResourceExhausted,
    429,
    'Too many wrong passwords came from this address.',
    'Wait as long as `Retry-After` says.',
  ),
  GATEWAY_OVERLOADED: row(
    Code.Unavailable,
    503,
    'The gateway has more to do than it can, and serves methods of a higher `priority` first.',
    'Wait as long as `Retry-After` says; run more gateways, or see what keeps this one busy.',
  ),
}
