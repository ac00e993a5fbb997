import { agentSettings, systemFiles } from '../consul/index.js'
import { readBindHost } from './address.js'
import type { Environment } from './interpolate.js'
import type { Normalization } from './normalization.js'
import type { WrittenConfig } from './written.js'

/** How the gateway makes itself known to Consul; undefined is decided once it listens. */
export interface RegisterConfig {
  /** The agent's address, as parseAgentAddress reads it; undefined: that of the environment. */
  readonly consul: string | undefined
  readonly token: string | undefined
  /** The service. */
  readonly name: string
  /** The instance. */
  readonly id: string | undefined
  readonly address: string | undefined
  readonly port: number | undefined
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  /** URL that the agent asks. */
  readonly check: string | undefined
  readonly intervalMs: number
  readonly deregisterAfterMs: number
}

/** Consul's own least time: its reaper runs every 30 s. */
const MIN_DEREGISTER_AFTER_MS = 60_000
const MIN_INTERVAL_MS = 1000

export function normalizeRegister(
  written: WrittenConfig['register'],
  at: Normalization,
  env: Environment,
): RegisterConfig | undefined {
  if (written === undefined) return undefined
  const { consul, token, name, id, address, port, tags, meta, check } = written
  const settings = agentSettings({ address: consul, token }, env, systemFiles)
  if (typeof settings === 'string') {
    // What is wrong may also be in a variable, or in the token: the sentence names it.
    at.error('/register/consul', settings, 'write it like 127.0.0.1:8500 or https://consul.internal:8501')
  }
  if (address !== undefined && readBindHost(address) === undefined) {
    const message = `${JSON.stringify(address)} is not an address or host name`
    at.error('/register/address', message, 'the port has a key of its own, port')
  }
  const texts = { name, id, ...Object.fromEntries(tags.map((tag, index) => [`tags/${index}`, tag])) }
  for (const [key, text] of Object.entries(texts)) {
    if (text === undefined || !/[\x00-\x1f\x7f]/.test(text)) continue
    at.error(`/register/${key}`, `${JSON.stringify(text)} has control characters`, 'use letters, digits and "-"')
  }
  if (check !== undefined) checkUrl(check, at)
  const intervalMs = at.durationMs('/register/interval', written.interval)
  if (intervalMs < MIN_INTERVAL_MS) {
    at.error('/register/interval', `${written.interval} is too short`, 'give at least 1s')
  }
  const deregisterAfterMs = at.durationMs('/register/deregisterAfter', written.deregisterAfter)
  if (deregisterAfterMs < MIN_DEREGISTER_AFTER_MS) {
    at.error('/register/deregisterAfter', `${written.deregisterAfter} is too short`, 'give at least 1m, as Consul does')
  }
  return { consul, token, name, id, address, port, tags, meta, check, intervalMs, deregisterAfterMs }
}

function checkUrl(check: string, at: Normalization): void {
  const url = URL.canParse(check) ? new URL(check) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return
  at.error(
    '/register/check',
    `${JSON.stringify(check)} is not an http:// or https:// address`,
    'write it like http://10.0.0.5:9901/readyz, as the agent reaches it',
  )
}
