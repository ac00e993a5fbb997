/** What a provider's `claims` say: which claim is what. */
export type ClaimNames = Readonly<Record<string, string>>

/**
 * A claim by its name, whatever characters that has (`https://corp.example/tenant`); or else by a path into claims that hold
 * others (`realm_access.roles`).
 */
export function claimOf(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/** Scopes or roles: a text with spaces between them, or a list of texts. */
export function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '')
  if (Array.isArray(value)) return value.filter((item): item is string => typeof item === 'string' && item !== '')
  return []
}

/** `scope` (RFC 8693, RFC 9068), or `scp`; roles: `roles`. Unless `names` says which claims they are. */
export function scopesAndRoles(
  claims: Readonly<Record<string, unknown>>,
  names: ClaimNames,
): { readonly scopes: readonly string[]; readonly roles: readonly string[] } {
  const scopes = names['scopes'] === undefined ? (claims['scope'] ?? claims['scp']) : claimOf(claims, names['scopes'])
  return { scopes: wordsOf(scopes), roles: wordsOf(claimOf(claims, names['roles'] ?? 'roles')) }
}

/** Claims under their own names, and under those that `names` gives them. */
export function namedClaims(
  claims: Readonly<Record<string, unknown>>,
  names: ClaimNames,
): Readonly<Record<string, unknown>> {
  const renamed = Object.entries(names).map(([name, claim]) => [name, claimOf(claims, claim)] as const)
  return { ...claims, ...Object.fromEntries(renamed) }
}
