/** Methods that a custom kind `*` takes and `Allow` names for it. OPTIONS is answered by the gateway itself. */
const ANY_METHODS = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']

/** Methods that no route serves (405): TRACE would echo credentials, CONNECT asks for a tunnel. */
export function isNeverServed(httpMethod: string): boolean {
  return httpMethod === 'TRACE' || httpMethod === 'CONNECT'
}

/**
 * Of what is bound at one template, what takes the method: its own, then (HEAD) GET's, then `*`'s. OPTIONS only its own.
 */
export function lookUpMethod<R>(byMethod: ReadonlyMap<string, R>, httpMethod: string): R | undefined {
  const own = byMethod.get(httpMethod)
  if (own !== undefined) return own
  if (httpMethod === 'HEAD') return byMethod.get('GET') ?? byMethod.get('*')
  return httpMethod === 'OPTIONS' ? undefined : byMethod.get('*')
}

/** Adds to `allow` the methods under which requests are taken. */
export function addAllowed(byMethod: ReadonlyMap<string, unknown>, allow: Set<string>): void {
  allow.add('OPTIONS')
  for (const method of byMethod.keys()) {
    if (method === '*') for (const each of ANY_METHODS) allow.add(each)
    else allow.add(method)
    if (method === 'GET') allow.add('HEAD')
  }
}
