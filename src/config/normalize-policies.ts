import { isHeaderName } from './header-name.js'
import type { Normalization } from './normalization.js'
import { childPointer } from './document.js'
import { normalizeBy } from './normalize-by.js'
import { normalizeLimits } from './normalize-limits.js'
import { normalizeCors } from './normalize-cors.js'
import { normalizeAuthSettings } from './normalize-auth.js'
import { normalizeFault, normalizeMirror, normalizeSplit, requireUpstream } from './normalize-traffic.js'
import { normalizeHedge, normalizeRetry } from './normalize-retry.js'
import type { HeaderEditConfig, PolicyConfig, PolicySettings } from './types.js'
import type { WrittenConfig, WrittenHeaderEdit, WrittenPolicy } from './written.js'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

export function normalizePolicy(
  pointer: string,
  policy: WrittenPolicy,
  { upstreams, auth: { providers } }: Pick<WrittenConfig, 'upstreams' | 'auth'>,
  at: Normalization,
): PolicyConfig {
  const { select, timeout, perTryTimeout, maxRequestBytes, retry, hedge, split, fallback, mirror, fault, headers } =
    policy
  const settings: Mutable<PolicySettings> = {}
  if (timeout !== undefined) settings.timeoutMs = at.durationMs(`${pointer}/timeout`, timeout)
  if (maxRequestBytes !== undefined) {
    settings.maxRequestBytes = at.sizeBytes(`${pointer}/maxRequestBytes`, maxRequestBytes)
  }
  if (perTryTimeout !== undefined) {
    settings.perTryTimeoutMs = at.durationMs(`${pointer}/perTryTimeout`, perTryTimeout)
  }
  if (hedge !== undefined) settings.hedge = normalizeHedge(`${pointer}/hedge`, hedge, at)
  if (retry !== undefined) settings.retry = normalizeRetry(`${pointer}/retry`, retry, at)
  if (policy.limits !== undefined) settings.limits = normalizeLimits(`${pointer}/limits`, policy.limits, select, at)
  if (policy.concurrency !== undefined) {
    const { max, by } = policy.concurrency
    const entry = JSON.stringify([select, policy.match ?? [], by])
    settings.concurrency = { entry, max, by: normalizeBy(`${pointer}/concurrency/by`, by, at) }
  }
  if (policy.priority !== undefined) settings.priority = policy.priority
  if (policy.cors !== undefined) settings.cors = normalizeCors(`${pointer}/cors`, policy.cors, at)
  if (policy.auth !== undefined) {
    settings.auth = normalizeAuthSettings(`${pointer}/auth`, policy.auth, Object.keys(providers), at)
  }
  if (split !== undefined) settings.split = normalizeSplit(`${pointer}/split`, split, upstreams, at)
  if (fallback !== undefined) {
    requireUpstream(`${pointer}/fallback`, fallback, upstreams, at)
    settings.fallback = fallback
  }
  if (mirror !== undefined) settings.mirror = normalizeMirror(`${pointer}/mirror`, mirror, upstreams, at)
  if (fault !== undefined) settings.fault = normalizeFault(`${pointer}/fault`, fault, at)
  if (headers !== undefined) {
    settings.headers = {
      request: normalizeEdit(`${pointer}/headers/request`, headers.request, at),
      response: normalizeEdit(`${pointer}/headers/response`, headers.response, at),
    }
  }
  return {
    select: { value: select, position: at.positionOf(`${pointer}/select`) },
    match: normalizeMatch(`${pointer}/match`, policy.match, at),
    settings,
  }
}

function normalizeMatch(pointer: string, match: WrittenPolicy['match'], at: Normalization): PolicyConfig['match'] {
  if (match === undefined) return undefined
  const headers = Object.entries(match.header).map(([written, value]) => {
    const place = childPointer(`${pointer}/header`, written)
    if (!isHeaderName(written)) at.error(place, `${JSON.stringify(written)} is not a header's name`)
    return [written.toLowerCase(), value] as const
  })
  return { headers }
}

/** RFC 9110 §5.6.2 token, without what gRPC metadata cannot have in a name. */
const NAME = /^[a-z0-9.-]+$/
/** RFC 9110 §5.5 field-value, of ASCII, and without space round it. */
const VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/
/** Framing, what the gateway or the protocol itself says, and what is of one hop only (RFC 9110 §7.6.1). */
const OWNED = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'x-request-id',
])

function normalizeEdit(pointer: string, written: WrittenHeaderEdit | undefined, at: Normalization): HeaderEditConfig {
  const set: Record<string, string> = {}
  for (const [spelling, value] of Object.entries(written?.set ?? {})) {
    const place = childPointer(`${pointer}/set`, spelling)
    const name = headerName(place, spelling, at)
    if (Object.hasOwn(set, name)) at.error(place, `${spelling} is set twice`, 'names are alike in any case: keep one')
    if (!VALUE.test(value)) {
      at.error(place, `${JSON.stringify(value)} cannot be a header's value`, 'write printable ASCII')
    }
    set[name] = value
  }
  const remove = (written?.remove ?? []).map((name, index) => headerName(`${pointer}/remove/${index}`, name, at))
  return { set, remove }
}

function headerName(pointer: string, written: string, at: Normalization): string {
  const name = written.toLowerCase()
  if (!NAME.test(name)) {
    at.error(pointer, `${JSON.stringify(written)} is not a header's name`, 'write letters, digits, "-" and "."')
  } else if (OWNED.has(name) || name.startsWith('grpc-') || name.startsWith('x-protobridge-')) {
    at.error(pointer, `the header ${name} is not for edits: it is the gateway's or the protocol's own`, 'take it out')
  }
  return name
}
