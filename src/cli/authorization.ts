import type { DescMethod } from '@bufbuild/protobuf'
import type { AuthSettings, GatewayConfig } from '../config/index.js'
import { protoAuthOf } from '../policies/index.js'
import { parseSelector } from '../mapping/index.js'

/** Who may call a method, and which entry of `policies` says so. */
export interface Authorization {
  /** `any of idp, keys; scopes books.read`, `anybody`, or `nobody`. */
  readonly callers: string
  /** `the policy for library.v1.* (protobridge.yaml:12:5)`; or why it is so without one. */
  readonly because: string
}

/** The same as is compiled into the route: the last entry that has `auth` and is for the method and the headers. */
export function authorizationOf(
  { auth: { providers }, policies }: GatewayConfig,
  method: DescMethod,
  headers: ReadonlyMap<string, string>,
): Authorization | null {
  if (providers.length === 0) return null
  const rpc = `${method.parent.typeName}.${method.name}`
  const names = providers.map(({ name }) => name)
  const entry = policies.findLast(({ select, match, settings }) => {
    if (settings.auth === undefined) return false
    const parsed = parseSelector(select.value)
    if ('error' in parsed || !parsed.selector.matches(rpc)) return false
    return match === undefined || match.headers.every(([name, value]) => headers.get(name) === value)
  })
  if (entry?.settings.auth === undefined) {
    const said = protoAuthOf(method)
    if (said !== undefined) {
      const because = `the option of the ${said.from} (${method.parent.file.proto.name})`
      return { callers: callersText(said.settings, names), because }
    }
    return { callers: 'nobody', because: 'providers are configured, and no policy says who may call it' }
  }
  const { file, line, column } = entry.select.position
  const because = `the policy for ${entry.select.value} (${file}:${line}:${column})`
  return {
    callers: callersText(entry.settings.auth, names),
    because,
  }
}

function callersText(auth: AuthSettings, all: readonly string[]): string {
  if (auth.mode === 'none') return 'anybody'
  const { mode, providers, scopes, roles, where } = auth
  const parts = [`${mode} of ${(providers.length === 0 ? all : providers).join(', ')}`]
  if (scopes.length > 0) parts.push(`scopes ${scopes.join(', ')}`)
  if (roles.length > 0) parts.push(`one of the roles ${roles.join(', ')}`)
  for (const { value } of where) parts.push(`where ${value}`)
  return parts.join('; ')
}
