import { isIP } from 'node:net'
import type { Normalization } from './normalization.js'
import type { EdgeConfig } from './types.js'
import type { WrittenConfig } from './written.js'

export function normalizeEdge(written: WrittenConfig['edge'], at: Normalization): EdgeConfig {
  const { trustedProxies, allow, deny, securityHeaders } = written
  return {
    trustedProxies: checked('trustedProxies', trustedProxies, at),
    allow: checked('allow', allow, at),
    deny: checked('deny', deny, at),
    securityHeaders,
  }
}

function checked(
  key: 'trustedProxies' | 'allow' | 'deny',
  networks: readonly string[],
  at: Normalization,
): readonly string[] {
  return networks.filter((network, index) => {
    if (isNetwork(network)) return true
    const advice = 'write it like 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1'
    at.error(`/edge/${key}/${index}`, `${JSON.stringify(network)} is not a network`, advice)
    return false
  })
}

function isNetwork(text: string): boolean {
  const slash = text.indexOf('/')
  const version = isIP(slash === -1 ? text : text.slice(0, slash))
  if (version === 0) return false
  if (slash === -1) return true
  const prefix = text.slice(slash + 1)
  return /^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128)
}
