import type { Endpoint } from '../types.js'

/** The `:authority` of an endpoint. gRPC naming: a unix socket's is `localhost`. */
export function authorityOf(endpoint: Endpoint): string {
  return endpoint.path === undefined ? endpoint.address : 'localhost'
}

/** The host of an authority, without port and brackets. */
export function hostOf(authority: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(authority)
  if (bracketed !== null) return bracketed[1]!
  return authority.replace(/:\d*$/, '')
}
