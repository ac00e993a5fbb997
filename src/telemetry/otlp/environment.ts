import type { Environment } from '../../config/index.js'

/**
 * The `OTEL_*` variables, as https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ has them. What is
 * wrong in one is told and its default taken: a variable does not keep a gateway from starting.
 */

export type Warn = (message: string) => void

/** The signals that OTLP carries and we send, as the names of variables have them. */
export type Signal = 'TRACES' | 'METRICS'
export type OtlpProtocol = 'grpc' | 'http/protobuf' | 'http/json'

const PROTOCOLS: readonly string[] = ['grpc', 'http/protobuf', 'http/json'] satisfies OtlpProtocol[]
const DEFAULT_PROTOCOL: OtlpProtocol = 'http/protobuf'

/** Without white space round it; an empty one is as if it were not set. */
export function textOf(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim()
  return text === '' ? undefined : text
}

/** A timer that is to wait longer than 2^31 - 1 ms does not wait at all. */
const MAX_NUMBER = 2_000_000_000

/** A number of at least `min`; the default where it is not set or none. What is more than any timer waits is that. */
export function numberOf(env: Environment, name: string, fallback: number, min: number, warn: Warn): number {
  const text = textOf(env, name)
  if (text === undefined) return fallback
  const value = Number(text)
  if (Number.isFinite(value) && value >= min) return Math.min(value, MAX_NUMBER)
  warn(`${name}: ${JSON.stringify(text)} is not a number of at least ${min}; taken is ${fallback}`)
  return fallback
}

/** Items between commas, each once. */
export function listOf(env: Environment, name: string): readonly string[] {
  const items = (textOf(env, name) ?? '').split(',').map((item) => item.trim())
  return [...new Set(items.filter((item) => item !== ''))]
}

export function isSdkDisabled(env: Environment, warn?: Warn): boolean {
  const text = textOf(env, 'OTEL_SDK_DISABLED')
  const value = text?.toLowerCase() ?? 'false'
  if (value !== 'true' && value !== 'false') {
    warn?.(`OTEL_SDK_DISABLED: ${JSON.stringify(text)} is neither true nor false; taken is false`)
  }
  return value === 'true'
}

/** Whether a variable says something of where or how OTLP goes for this signal. */
export function hasOtlpVariable(env: Environment, signal: Signal): boolean {
  return Object.keys(env).some((name) => {
    const rest = /^OTEL_EXPORTER_OTLP_(.+)$/.exec(name)?.[1]
    if (rest === undefined || textOf(env, name) === undefined) return false
    const of = /^(TRACES|METRICS|LOGS)_/.exec(rest)?.[1]
    return of === undefined || of === signal
  })
}

export function otlpProtocolOf(env: Environment, signal: Signal, warn: Warn): OtlpProtocol {
  for (const name of [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const text = textOf(env, name)
    if (text === undefined) continue
    if (PROTOCOLS.includes(text)) return text as OtlpProtocol
    warn(`${name}: ${JSON.stringify(text)} is none of ${PROTOCOLS.join(', ')}; taken is ${DEFAULT_PROTOCOL}`)
    return DEFAULT_PROTOCOL
  }
  return DEFAULT_PROTOCOL
}

/** Where the signal is sent, for a person: without the user of a URL. What is no URL the exporters leave for the usual place. */
export function otlpEndpointOf(env: Environment, signal: Signal, protocol: OtlpProtocol, warn: Warn): string {
  const usual = protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318'
  for (const name of [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT']) {
    const endpoint = textOf(env, name)
    if (endpoint === undefined) continue
    // gRPC takes `host:port` too.
    if (protocol === 'grpc' || URL.canParse(endpoint)) return endpoint.replace(/\/\/[^/@]*@/, '//')
    warn(`${name}: ${JSON.stringify(endpoint)} is not a URL; taken is ${usual}`)
    return usual
  }
  return usual
}

/**
 * Runs `make` with these `OTEL_*` variables in place of the process's: the exporters read theirs there, when they are made.
 * Must be synchronous.
 */
export function inEnvironment<T>(env: Environment, make: () => T): T {
  if (env === process.env) return make()
  const names = new Set([...Object.keys(process.env), ...Object.keys(env)].filter((name) => name.startsWith('OTEL_')))
  const before = [...names].map((name) => [name, process.env[name]] as const)
  try {
    for (const name of names) set(name, env[name])
    return make()
  } finally {
    for (const [name, value] of before) set(name, value)
  }
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name)
  else process.env[name] = value
}
