import { availableParallelism } from 'node:os'
import type { Environment } from './interpolate.js'
import type { Normalization } from './normalization.js'
import { checkAdminApart, normalizeAdmin, normalizeListeners } from './normalize-listeners.js'
import { normalizeSchema } from './normalize-schema.js'
import { type TargetValidator, normalizeUpstreams } from './normalize-upstreams.js'
import { normalizeAuth } from './normalize-auth.js'
import { normalizeEdge } from './normalize-edge.js'
import { normalizeLimitStore } from './normalize-limit-store.js'
import { normalizeMappings } from './normalize-mappings.js'
import { normalizePolicy } from './normalize-policies.js'
import { normalizeTelemetry } from './normalize-telemetry.js'
import { normalizeRegister } from './normalize-register.js'
import type { ClientConfig, GatewayConfig } from './types.js'
import type { WrittenConfig } from './written.js'

/**
 * Units to ms and bytes, paths absolute, names in one spelling, and everything checked that a JSON Schema cannot say. A
 * wrong value is reported and something harmless takes its place, so that all are found at once.
 */
export function normalize(
  written: WrittenConfig,
  at: Normalization,
  validateTarget: TargetValidator | undefined,
  env: Environment,
): Omit<GatewayConfig, 'shown'> {
  const listen = normalizeListeners(written.listen, at)
  const admin = normalizeAdmin(written.admin, at)
  checkAdminApart(written.listen, listen, admin, at)
  const config: Omit<GatewayConfig, 'shown'> = {
    listen,
    admin,
    schema: normalizeSchema(written.schema, Object.keys(written.upstreams), at),
    mappings: normalizeMappings(written.mappings, at, env),
    upstreams: normalizeUpstreams(written.upstreams, at, validateTarget),
    register: normalizeRegister(written.register, at, env),
    query: written.query,
    json: written.json,
    patch: written.patch,
    compression: normalizeCompression(written.compression, at),
    policies: written.policies.map((policy, index) => normalizePolicy(`/policies/${index}`, policy, written, at)),
    auth: normalizeAuth(written.auth, at),
    edge: normalizeEdge(written.edge, at),
    shed: normalizeShed(written.shed, at),
    limits: normalizeLimitStore(written, at),
    telemetry: normalizeTelemetry(written.telemetry, written.auth, at),
    client: normalizeClient(written.client, at),
    drain: normalizeDrain(written.drain, at),
    watch: written.watch,
    workers: written.workers === 'auto' ? availableParallelism() : Number(written.workers),
    files: [...at.files],
  }
  return deepFreeze(config)
}

function normalizeShed(shed: WrittenConfig['shed'], at: Normalization): GatewayConfig['shed'] {
  if (shed === undefined) return undefined
  return { eventLoopDelayMs: at.durationMs('/shed/eventLoopDelay', shed.eventLoopDelay) }
}

function normalizeClient(client: WrittenConfig['client'], at: Normalization): ClientConfig {
  return {
    headerTimeoutMs: at.durationMs('/client/headerTimeout', client.headerTimeout),
    bodyTimeoutMs: at.durationMs('/client/bodyTimeout', client.bodyTimeout),
    keepAliveTimeoutMs: at.durationMs('/client/keepAliveTimeout', client.keepAliveTimeout),
    maxConnections: client.maxConnections,
  }
}

function normalizeCompression(
  compression: WrittenConfig['compression'],
  at: Normalization,
): GatewayConfig['compression'] {
  if (compression === 'off') return undefined
  return { minBytes: at.sizeBytes('/compression/minBytes', compression.minBytes, 0) }
}

function normalizeDrain(drain: WrittenConfig['drain'], at: Normalization): GatewayConfig['drain'] {
  if (typeof drain === 'string') return { delayMs: 0, timeoutMs: at.durationMs('/drain', drain, 0) }
  return {
    delayMs: at.durationMs('/drain/delay', drain.delay, 0),
    timeoutMs: at.durationMs('/drain/timeout', drain.timeout, 0),
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
