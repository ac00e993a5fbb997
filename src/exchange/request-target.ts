import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'

/** A request target (RFC 9112 §3.2) taken apart. */
export interface RequestTarget {
  /** Raw path, beginning with `/`; `*` for the asterisk form. */
  readonly path: string
  /** Raw query without `?`; '' where there is none. */
  readonly query: string
  /** Host without port, lower case; '' where the request names none (HTTP/1.0). */
  readonly host: string
  /** Host and port as sent, for who is called to know; '' where the request names none. */
  readonly authority: string
}

const SLASH = 47

/**
 * Takes a request target apart: origin form, absolute form (its authority is the host, RFC 9112 §3.2.2) or `*`.
 * @param host the Host header, '' where absent
 * @throws StatusError 400 for a target of no form, or a host that is none
 */
export function parseRequestTarget(target: string, host: string): RequestTarget {
  let path = target
  let authority = host
  if (target.charCodeAt(0) !== SLASH && target !== '*') {
    const scheme = absoluteFormScheme(target)
    if (scheme === 0) throw malformed('the request target is neither a path nor an absolute URI')
    const end = authorityEnd(target, scheme)
    authority = target.slice(scheme, end)
    if (authority === '' || authority.includes('@')) throw malformed('the request target has no valid host')
    path = target.slice(end)
    if (path.charCodeAt(0) !== SLASH) path = '/' + path
  }
  if (path.includes('#')) throw malformed('the request target has a fragment')
  const question = path.indexOf('?')
  return {
    path: question < 0 ? path : path.slice(0, question),
    query: question < 0 ? '' : path.slice(question + 1),
    host: hostName(authority),
    authority,
  }
}

/** Index after `http://` or `https://` (any case), or 0. */
function absoluteFormScheme(target: string): number {
  const scheme = target.slice(0, 8).toLowerCase()
  if (scheme === 'https://') return 8
  return scheme.startsWith('http://') ? 7 : 0
}

function authorityEnd(target: string, from: number): number {
  for (let i = from; i < target.length; i++) {
    const c = target.charCodeAt(i)
    if (c === SLASH || c === 63 /* ? */ || c === 35 /* # */) return i
  }
  return target.length
}

/** The host of an authority, without port and trailing dot, lower case. IPv6 keeps its brackets. */
function hostName(authority: string): string {
  if (authority === '') return ''
  let end = authority.length
  const bracket = authority.indexOf(']')
  const colon = authority.indexOf(':', bracket < 0 ? 0 : bracket)
  if (colon >= 0) {
    for (let i = colon + 1; i < authority.length; i++) {
      const c = authority.charCodeAt(i)
      if (c < 48 || c > 57) throw malformed('the host has a malformed port')
    }
    end = colon
  }
  if (end > 1 && authority.charCodeAt(end - 1) === 46 /* . */) end--
  for (let i = 0; i < end; i++) {
    if (!isHostCharacter(authority.charCodeAt(i))) throw malformed('the host is malformed')
  }
  return authority.slice(0, end).toLowerCase()
}

/** RFC 3986 §3.2.2: reg-name (unreserved, pct-encoded, sub-delims) and the characters of an IP literal. */
function isHostCharacter(c: number): boolean {
  if ((c >= 48 && c <= 58) || (c >= 65 && c <= 91) || c === 93 || c === 95 || (c >= 97 && c <= 122)) return true
  return c === 33 || (c >= 36 && c <= 46) || c === 59 || c === 61 || c === 126
}

function malformed(message: string): StatusError {
  return new StatusError(Code.InvalidArgument, message, { reason: Reason.MalformedTarget, closesConnection: true })
}
