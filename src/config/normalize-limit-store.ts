import { type Normalization, whyUnreadable } from './normalization.js'
import { normalizeTls } from './normalize-client-tls.js'
import type { ClientTlsConfig, LimitsConfig } from './types.js'
import type { WrittenConfig } from './written.js'

const POINTER = '/limits/store'
const ADVICE = 'write memory, cluster, redis://HOST:PORT or rediss://USER:PASSWORD@HOST:PORT'

const TIMEOUT_MS = 50
/**
 * The primary is on this machine, and workers end with it: where it is late the machine is, and to count apart would let too much
 * pass just then.
 */
const CLUSTER_TIMEOUT_MS = 1000

/** Where limits are counted: unless written in the process, and where there are several workers in their primary. */
export function normalizeLimitStore({ limits, workers = 1 }: WrittenConfig, at: Normalization): LimitsConfig {
  const { store = workers === 1 ? 'memory' : 'cluster', timeout, tls, failOpen, legacyHeaders } = limits
  const usualMs = store === 'cluster' ? CLUSTER_TIMEOUT_MS : TIMEOUT_MS
  const timeoutMs = timeout === undefined ? usualMs : at.durationMs('/limits/timeout', timeout)
  const more = { timeoutMs, failOpen, legacyHeaders }
  const ownTls = tls === undefined ? undefined : normalizeTls('/limits/tls', tls, at)
  if (tls !== undefined && !store.startsWith('rediss:')) {
    at.error('/limits/tls', 'the store is not one that TLS is spoken to', 'write a rediss:// store, or take tls out')
  }
  if (store === 'memory' || store === 'cluster') return { store: { kind: store }, ...more }
  const wrong = whatIsWrong(store)
  if (wrong !== undefined) at.error(POINTER, wrong, ADVICE)
  // Something harmless in its place: the rest is looked at all the same.
  if (wrong !== undefined || !areReadable(ownTls)) return { store: { kind: 'memory' }, ...more }
  return { store: { kind: 'redis', url: store, tls: ownTls }, ...more }
}

/** The address may hold a password: nothing of it is shown. */
function whatIsWrong(store: string): string | undefined {
  if (!/^rediss?:/.test(store))
    return `${store.includes('@') ? 'the store' : JSON.stringify(store)} is no store of limits`
  if (!URL.canParse(store)) return 'the address of Redis is none'
  const { hostname, username, password, pathname, search, hash } = new URL(store)
  if (hostname === '') return 'the address of Redis has no host'
  if (!isDecodable(username) || !isDecodable(password)) return 'the credentials of Redis are not percent-encoded'
  const isPlain = /^(?:\/[0-9]{0,5})?$/.test(pathname) && search === '' && hash === ''
  return isPlain ? undefined : 'the address of Redis has more than a database in its path'
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function areReadable(tls: ClientTlsConfig | undefined): boolean {
  return [tls?.ca, tls?.cert, tls?.key].every((file) => file === undefined || whyUnreadable(file, 'file') === undefined)
}
