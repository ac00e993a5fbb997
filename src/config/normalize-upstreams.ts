import type { Normalization } from './normalization.js'
import { requestHost } from './normalize-listeners.js'
import { childPointer } from './document.js'
import { normalizeTls } from './normalize-client-tls.js'
import type { BalancerConfig, BreakerConfig, ConnectionsConfig, UpstreamConfig } from './types.js'
import type { WrittenUpstream } from './written.js'

/** Says what is wrong with a target, or undefined: the resolvers know their schemes, this layer does not. */
export type TargetValidator = (target: string) => string | undefined

const TARGET_ADVICE = 'write one of the forms that docs/configuration.md lists'

export function normalizeUpstreams(
  written: Readonly<Record<string, WrittenUpstream>>,
  at: Normalization,
  validateTarget: TargetValidator | undefined,
): UpstreamConfig[] {
  return Object.entries(written).map(([name, upstream]): UpstreamConfig => {
    const pointer = childPointer('/upstreams', name)
    const wrongTarget = validateTarget?.(upstream.target)
    if (wrongTarget !== undefined) at.inputError(`${pointer}/target`, wrongTarget, TARGET_ADVICE)
    if (upstream.authority !== undefined && !/^[\x21-\x7e]+$/.test(upstream.authority)) {
      at.error(
        `${pointer}/authority`,
        `${JSON.stringify(upstream.authority)} is not an authority`,
        'write HOST or HOST:PORT',
      )
    }
    return {
      name,
      position: at.positions.ofKey(pointer),
      target: { value: upstream.target, position: at.positionOf(`${pointer}/target`) },
      services: upstream.services.map((value, index) => ({
        value,
        position: at.positionOf(`${pointer}/services/${index}`),
      })),
      hosts: [...new Set(upstream.hosts.flatMap((host, index) => requestHost(`${pointer}/hosts/${index}`, host, at)))],
      prefix: normalizePrefix(`${pointer}/prefix`, upstream.prefix, at),
      tls: upstream.tls === undefined ? undefined : normalizeTls(`${pointer}/tls`, upstream.tls, at),
      authority: upstream.authority,
      transport: upstream.transport,
      connections: normalizeConnections(`${pointer}/connections`, upstream.connections, at),
      maxResponseBytes: at.sizeBytes(`${pointer}/maxResponseBytes`, upstream.maxResponseBytes),
      balancer: normalizeBalancer(`${pointer}/balancer`, upstream.balancer, at),
      token: upstream.token,
      ...normalizeHealth(pointer, upstream, at),
      breaker: normalizeBreaker(`${pointer}/breaker`, upstream.breaker, at),
      subsets: normalizeSubsets(`${pointer}/subsets`, upstream.subsets, at),
      slowStartMs:
        upstream.slowStart === undefined ? undefined : at.durationMs(`${pointer}/slowStart`, upstream.slowStart, 0),
      emptyGraceMs: at.durationMs(`${pointer}/emptyGrace`, upstream.emptyGrace, 0),
    }
  })
}

/** RFC 3986 pchar, without escapes: what a canonical path has unescaped. */
const SEGMENT = /^[A-Za-z0-9._~!$&'()+,;=:@-]+$/

/** `/library`, without trailing slash; '' for none. It is literal: no wildcards, no escapes. */
function normalizePrefix(pointer: string, text: string, at: Normalization): string {
  const bare = text.endsWith('/') ? text.slice(0, -1) : text
  if (bare === '') return ''
  const [first, ...segments] = bare.split('/')
  const shown = JSON.stringify(text)
  if (first !== '') {
    at.error(pointer, `${shown} does not begin with "/"`, `write ${JSON.stringify(`/${bare}`)}`)
  } else if (segments.includes('.') || segments.includes('..')) {
    at.error(pointer, `${shown} has a dot segment, which no path keeps`, 'write the path it comes to')
  } else if (!segments.every((segment) => SEGMENT.test(segment))) {
    at.error(
      pointer,
      `${shown} is not a literal path`,
      'write segments of letters, digits, "-", "_", ".", "~" like /library',
    )
  } else {
    return bare
  }
  return ''
}

function normalizeConnections(
  pointer: string,
  written: WrittenUpstream['connections'],
  at: Normalization,
): ConnectionsConfig {
  const { keepalive } = written
  return {
    connectTimeoutMs: at.durationMs(`${pointer}/connectTimeout`, written.connectTimeout),
    idleTimeoutMs: at.durationMs(`${pointer}/idleTimeout`, written.idleTimeout),
    // gRFC A8: off (an infinite time) unless written.
    keepalive:
      keepalive === undefined
        ? undefined
        : {
            timeMs: at.durationMs(`${pointer}/keepalive/time`, keepalive.time),
            timeoutMs: at.durationMs(`${pointer}/keepalive/timeout`, keepalive.timeout),
          },
    eager: written.eager,
  }
}

/** What a key of ring_hash is made of; a header's name is a token (RFC 9110 §5.6.2). */
const HASH_BY = /^(?:address|global|identity|claim:.+|header:[A-Za-z0-9!#$%&'*+.^_`|~-]+)$/
/** What it may be made of once requests are read before an endpoint is chosen. */
const HASH_BY_LATER = /^field:.+$/

function normalizeBalancer(pointer: string, written: WrittenUpstream['balancer'], at: Normalization): BalancerConfig {
  if (typeof written === 'string') return { name: written, hashBy: undefined }
  const { by } = written.ring_hash
  if (!HASH_BY.test(by)) {
    const shown = JSON.stringify(by)
    at.error(
      `${pointer}/ring_hash/by`,
      HASH_BY_LATER.test(by)
        ? `${shown} is not available in this version`
        : `${shown} is nothing to tell calls apart by`,
      'write address, global, identity, claim:NAME or header:NAME, for example header:x-user',
    )
  }
  return { name: 'ring_hash', hashBy: by.startsWith('header:') ? by.toLowerCase() : by }
}

function normalizeSubsets(
  pointer: string,
  written: WrittenUpstream['subsets'],
  at: Normalization,
): UpstreamConfig['subsets'] {
  for (const [name, { meta, tags }] of Object.entries(written)) {
    if (tags.length > 0 || Object.keys(meta).length > 0) continue
    const place = childPointer(pointer, name)
    at.error(
      place,
      'every endpoint is in it, since nothing is asked of them',
      'write { tags: [TAG] } or { meta: { NAME: VALUE } }',
    )
  }
  return written
}

function normalizeBreaker(
  pointer: string,
  written: WrittenUpstream['breaker'],
  at: Normalization,
): BreakerConfig | undefined {
  if (written === undefined) return undefined
  const { maxConcurrent, maxPending, maxRetries, adaptive } = written
  return {
    maxConcurrent,
    maxPending,
    maxRetries,
    adaptive:
      adaptive === undefined
        ? undefined
        : {
            min: adaptive.min,
            intervalMs: at.durationMs(`${pointer}/adaptive/interval`, adaptive.interval),
            tolerance: adaptive.tolerance,
          },
  }
}

function normalizeHealth(
  pointer: string,
  { health, outlier }: WrittenUpstream,
  at: Normalization,
): Pick<UpstreamConfig, 'health' | 'outlier'> {
  const inHealth = `${pointer}/health`
  const inOutlier = `${pointer}/outlier`
  return {
    health:
      health === undefined
        ? undefined
        : {
            service: health.service,
            intervalMs: at.durationMs(`${inHealth}/interval`, health.interval),
            timeoutMs: at.durationMs(`${inHealth}/timeout`, health.timeout),
          },
    outlier:
      outlier === undefined
        ? undefined
        : {
            consecutiveErrors: outlier.consecutiveErrors,
            intervalMs: at.durationMs(`${inOutlier}/interval`, outlier.interval),
            baseEjectionMs: at.durationMs(`${inOutlier}/baseEjection`, outlier.baseEjection),
            maxEjectionMs: at.durationMs(`${inOutlier}/maxEjection`, outlier.maxEjection),
            maxEjectedPercent: outlier.maxEjectedPercent,
          },
  }
}
