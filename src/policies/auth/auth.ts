import type { AuthSettings } from '../../config/index.js'
import type { StatusError } from '../../status/index.js'
import { claimTextOf } from '../request-values.js'
import type { CompiledPolicy, Filter, HeaderEdit, PolicyKind, PolicyMethod, PolicyRequest } from '../types.js'
import { requireOneAuthorization } from './authorization-header.js'
import { compileWhere } from './where.js'
import { insufficientScope, missingCredentials, permissionDenied } from './failures.js'
import { protoAuthOf } from './proto-option.js'
import type { AuthProvider, Identity } from './types.js'

/**
 * Who calls, and may they: `auth`. Where providers are configured every method asks, unless its policy says `auth: none`;
 * one that says nothing is refused (403). What goes upstream is who calls, and not how they showed it.
 */
export const auth: PolicyKind = {
  name: 'auth',
  compile: (method, { auth: written }, { providers, forward }) => {
    if (providers.size === 0) return undefined
    const settings = written ?? settingsOfProto(method, providers)
    if (settings === undefined) return { filter: refuseAll }
    if (settings.mode === 'none') return undefined
    const { providers: named } = settings
    // In the order of the policy: the first that knows the caller says who that is.
    const accepted = named.length === 0 ? [...providers.values()] : named.flatMap((name) => providers.get(name) ?? [])
    const authenticate = settings.mode === 'all' ? requireAll(accepted) : requireAny(accepted)
    const { scopes, roles } = settings
    const { early, late } = compileWhere(settings.where, method)
    const parameters = accepted.flatMap(({ credentialParameter }) => credentialParameter ?? [])
    const withheld = new Set([
      'authorization',
      'cookie',
      ...[...providers.values()].flatMap(({ credentialHeaders }) => credentialHeaders),
    ])
    const allow = (request: PolicyRequest, identity: Identity): undefined => {
      authorize(request, identity, scopes, roles)
      early?.(request)
    }
    return {
      filter: (request) => {
        requireOneAuthorization(request.http)
        if (parameters.length > 0) request.takeParameters(parameters)
        const found = authenticate(request)
        if (!(found instanceof Promise)) return allow(request, found)
        return found.then((identity) => allow(request, identity))
      },
      ...(late === undefined ? {} : { messageFilter: late }),
      editMetadata: identityEdit(withheld, forward.claims, forward.token),
    } satisfies CompiledPolicy
  },
}

/** What the method's `.proto` says; a provider that it names and nobody configures is reported. */
function settingsOfProto(
  { name, desc, problems }: PolicyMethod,
  providers: ReadonlyMap<string, AuthProvider>,
): AuthSettings | undefined {
  const file = { file: desc.parent.file.proto.name, line: 0, column: 0 }
  try {
    const settings = protoAuthOf(desc)?.settings
    if (settings === undefined || settings.mode === 'none') return settings
    for (const unknown of settings.providers.filter((one) => !providers.has(one))) {
      problems.error(file, `its option names the provider "${unknown}", which is none`, {
        selector: name,
        advice: 'add it to auth.providers, or say in policies who may call the method',
      })
    }
    return settings
  } catch {
    problems.error(file, 'its option of protobridge/policy.proto does not decode', { selector: name })
    return undefined
  }
}

/** Providers are configured, and nothing says who may call this: nobody may. */
const refuseAll: Filter = () => {
  throw permissionDenied('the method has no auth setting, so nobody may call it')
}

function authorize(
  request: PolicyRequest,
  identity: Identity,
  scopes: readonly string[],
  roles: readonly string[],
): undefined {
  request.identity = identity
  if (!scopes.every((scope) => identity.scopes.includes(scope))) throw insufficientScope(scopes)
  if (roles.length > 0 && !roles.some((role) => identity.roles.includes(role))) {
    throw permissionDenied(`the caller has none of the roles ${roles.join(', ')}`)
  }
  return undefined
}

type Authenticate = (request: PolicyRequest) => Identity | Promise<Identity>

/** The first provider that finds who calls; else the first failure; else that there are no credentials. */
function requireAny(providers: readonly AuthProvider[]): Authenticate {
  const challenges = providers.map(({ challenge }) => challenge)
  const from = (request: PolicyRequest, start: number, earlier: unknown): Identity | Promise<Identity> => {
    let failure = earlier
    for (let i = start; i < providers.length; i++) {
      try {
        const found = providers[i]!.authenticate(request)
        if (found instanceof Promise) {
          return found.then(
            (identity) => identity ?? from(request, i + 1, failure),
            (error: unknown) => from(request, i + 1, worse(failure, error)),
          )
        }
        if (found !== undefined) return found
      } catch (error) {
        failure = worse(failure, error)
      }
    }
    throw failure ?? missingCredentials(challenges)
  }
  return (request) => from(request, 0, undefined)
}

/** Of two failures the one to tell: that it could not be found out goes before that the credentials are bad. */
function worse(known: unknown, error: unknown): unknown {
  if (known === undefined) return error
  const codes = [known, error].map((one) => (one as Partial<StatusError>).httpStatus ?? 500)
  return codes[1]! >= 500 && codes[0]! < 500 ? error : known
}

/** Every provider has to find who calls. The first says who that is; scopes, roles and claims are those of all of them. */
function requireAll(providers: readonly AuthProvider[]): Authenticate {
  const challenges = providers.map(({ challenge }) => challenge)
  const added = (sum: Identity | undefined, one: Identity | undefined): Identity => {
    if (one === undefined) throw missingCredentials(challenges)
    return sum === undefined ? one : together(sum, one)
  }
  const from = (request: PolicyRequest, start: number, sum: Identity | undefined): Identity | Promise<Identity> => {
    let identity = sum
    for (let i = start; i < providers.length; i++) {
      const found = providers[i]!.authenticate(request)
      if (found instanceof Promise) {
        return found.then((one) => from(request, i + 1, added(identity, one)))
      }
      identity = added(identity, found)
    }
    return identity!
  }
  return (request) => from(request, 0, undefined)
}

function together(sum: Identity, one: Identity): Identity {
  return {
    ...sum,
    scopes: [...new Set([...sum.scopes, ...one.scopes])],
    roles: [...new Set([...sum.roles, ...one.roles])],
    claims: { ...one.claims, ...sum.claims },
  }
}

/** What the upstream is told of the caller, in place of the credentials (contract, "Identity"). */
function identityEdit(withheld: ReadonlySet<string>, claims: readonly string[], keepsToken: boolean): HeaderEdit {
  const entriesOf = identityEntries(claims)
  return (metadata, { identity, http }) => {
    const edited: string[] = []
    for (let i = 0; i < metadata.length; i += 2) {
      const name = metadata[i]!
      const value = metadata[i + 1]!
      if (!withheld.has(name) || (keepsToken && wasSent(http.rawHeaders, name, value))) edited.push(name, value)
    }
    if (identity !== undefined) edited.push(...entriesOf(identity))
    return edited
  }
}

/** Credentials go on as they came: `Grpc-Metadata-Authorization` is nothing that a provider has looked at. */
function wasSent(rawHeaders: readonly string[], name: string, value: string): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i + 1] === value && rawHeaders[i]!.toLowerCase() === name) return true
  }
  return false
}

/** Metadata of an identity. A caller comes again and again with the same: it is made once. */
function identityEntries(claims: readonly string[]): (identity: Identity) => readonly string[] {
  const made = new WeakMap<Identity, readonly string[]>()
  return (identity) => {
    const known = made.get(identity)
    if (known !== undefined) return known
    const { subject, provider, scopes } = identity
    const entries = ['x-protobridge-identity', sendable(subject), 'x-protobridge-provider', sendable(provider)]
    if (scopes.length > 0) entries.push('x-protobridge-scopes', sendable(scopes.join(' ')))
    for (const name of claims) {
      const value = claimTextOf(identity, name)
      if (value !== undefined) entries.push(`x-protobridge-claim-${name.toLowerCase()}`, sendable(value))
    }
    made.set(identity, entries)
    return entries
  }
}

/** As it is where it is printable ASCII and no space would be lost round it; else percent-encoded as UTF-8, `%` too. */
function sendable(text: string): string {
  const isPlain = /^[\x20-\x7e]*$/.test(text) && text.trim() === text
  return isPlain ? text : encodeURIComponent(Buffer.from(text).toString())
}
