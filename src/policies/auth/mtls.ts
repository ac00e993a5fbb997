import { TLSSocket, type PeerCertificate } from 'node:tls'
import type { MtlsProviderConfig } from '../../config/index.js'
import type { PolicyRequest } from '../types.js'
import { invalidCredentials, quoted } from './failures.js'
import type { AuthProvider, Found, Identity, ProviderKind } from './types.js'

/** Client certificates that the listener has checked against its authorities (`clientCa`). */
export const mtls: ProviderKind<MtlsProviderConfig> = {
  files: () => [],
  create: (config) => new MtlsProvider(config),
}

interface Names {
  readonly uris: readonly string[]
  readonly dns: readonly string[]
  readonly commonName: string | undefined
}

class MtlsProvider implements AuthProvider {
  readonly kind = 'mtls'
  readonly name: string
  readonly challenge: string
  readonly credentialHeaders = []
  readonly credentialParameter = undefined
  readonly #allow: MtlsProviderConfig['allow']
  /** A connection's certificate does not change, so neither does who it is. */
  readonly #found = new WeakMap<TLSSocket, Identity | 'none' | 'refused'>()

  constructor({ name, allow }: MtlsProviderConfig) {
    this.name = name
    this.challenge = `ClientCertificate realm=${quoted(name)}`
    this.#allow = allow
  }

  authenticate({ http: { socket } }: PolicyRequest): Found {
    if (!(socket instanceof TLSSocket)) return undefined
    let found = this.#found.get(socket)
    if (found === undefined) this.#found.set(socket, (found = this.#identify(socket)))
    if (found === 'none') return undefined
    if (found === 'refused')
      throw invalidCredentials(this.challenge, 'the client certificate is not one of those allowed')
    return found
  }

  #identify(socket: TLSSocket): Identity | 'none' | 'refused' {
    // Node gives an empty object where there is none.
    const certificate = socket.getPeerCertificate() as Partial<PeerCertificate>
    if (!isWhole(certificate)) return 'none'
    if (!socket.authorized) return 'refused'
    const names = namesOf(certificate)
    if (!this.#isAllowed(names, certificate.fingerprint256)) return 'refused'
    const fingerprint = `sha256:${plainHex(certificate.fingerprint256)}`
    return {
      kind: 'mtls',
      provider: this.name,
      // Those that name nobody are not all the same caller, as limits count them.
      subject: names.uris[0] ?? names.dns[0] ?? names.commonName ?? fingerprint,
      issuer: textOf(certificate.issuer['CN']) ?? '',
      scopes: [],
      roles: [],
      claims: { fingerprint, uris: names.uris, dns: names.dns },
    }
  }

  #isAllowed({ uris, dns }: Names, fingerprint: string): boolean {
    if (this.#allow.length === 0) return true
    return this.#allow.some(({ san, fingerprint: allowed }) =>
      san === undefined ? allowed === plainHex(fingerprint) : [...uris, ...dns].some((name) => isMatch(name, san)),
    )
  }
}

function isWhole(certificate: Partial<PeerCertificate>): certificate is PeerCertificate {
  return certificate.raw !== undefined
}

/** A pattern with `*` at its end stands for all that begins so; else they are the same. */
function isMatch(name: string, pattern: string): boolean {
  if (!pattern.endsWith('*')) return name === pattern
  const prefix = pattern.slice(0, -1)
  return name.length > prefix.length && name.startsWith(prefix)
}

function namesOf({ subjectaltname = '', subject }: PeerCertificate): Names {
  return {
    uris: namesIn(subjectaltname, 'URI:'),
    dns: namesIn(subjectaltname, 'DNS:'),
    commonName: textOf(subject['CN']) || undefined,
  }
}

/** Those that say nothing are none. */
function namesIn(list: string, kind: string): string[] {
  return splitNames(list)
    .filter((entry) => entry.startsWith(kind) && entry.length > kind.length)
    .map((entry) => entry.slice(kind.length))
}

/** Node writes names as a list; one with special characters as a JSON text, so that no name can look like two. */
function splitNames(list: string): string[] {
  const names: string[] = []
  for (const [, prefix = '', quotedName, plain] of list.matchAll(
    /([A-Za-z ]+:)(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g,
  )) {
    if (quotedName === undefined) names.push(prefix + (plain ?? ''))
    else names.push(prefix + (JSON.parse(quotedName) as string))
  }
  return names
}

/** An attribute may come several times. */
function textOf(attribute: string | string[] | undefined): string | undefined {
  return typeof attribute === 'string' ? attribute : attribute?.[0]
}

/** Hex digits in lower case, without colons. */
export function plainHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
