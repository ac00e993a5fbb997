import type { DescMethod } from '@bufbuild/protobuf'
import type { IncomingMessage } from 'node:http'
import type { AuthConfig, PolicySettings } from '../config/index.js'
import type { Position, Problems } from '../problems/index.js'
import type { AuthProvider, Identity } from './auth/types.js'
import type { ConcurrencyCounts } from './concurrency.js'
import type { Cors } from './cors.js'
import type { LimiterSet } from './limits/index.js'
import type { Shedder } from './shedding/index.js'

/**
 * One request as policies see it: what it brought, and the fields they write what they learn to, which later policies,
 * metadata, spans and logs read. Made only for methods that have a policy.
 */
export interface PolicyRequest {
  /** Headers and socket. The body is not policies' to read. */
  readonly http: IncomingMessage
  /** The query string as sent, without `?`, and without what was taken out. */
  readonly query: string
  /** `library.v1.LibraryService.GetBook` */
  readonly rpcName: string
  /** Plain: an IPv4 address in IPv6 form as what it is. */
  readonly clientAddress: string
  /** Who calls, once authentication has found out; undefined: nobody was asked, or not yet. */
  identity: Identity | undefined
  /** Credentials that came as query parameters, by name, once they have been taken out of the query. */
  readonly credentialParameters: ReadonlyMap<string, readonly string[]>
  /** Takes the parameters of these names out of the query: they are not the method's. */
  takeParameters(names: readonly string[]): void
  /** How long it has waited for the store of limits, ms: all of them together may take only so long. */
  waitedForLimitsMs: number
  /** Name, value, name, value … of headers that every response to this request gets, refusals too. */
  readonly responseHeaders: string[]
  /** Runs the listener when the request is over, however it ended: once. */
  onOver(listener: () => void): void
}

/**
 * A step before the body is read. Throws a StatusError, or rejects with one, to refuse the request. Synchronous unless
 * it has to wait.
 */
export type Filter = (request: PolicyRequest) => Promise<void> | undefined

/** The same with the request message's wire bytes, before the call. */
export type MessageFilter = (request: PolicyRequest, message: Uint8Array) => Promise<void> | undefined

/** Changes what goes upstream, or comes back: name, value, name, value …, names in lower case. Returns what goes on. */
export type HeaderEdit = (headers: string[], request: PolicyRequest) => string[]

/** What one kind of policy does for one method; each part only where it is needed. */
export interface CompiledPolicy {
  readonly filter?: Filter
  readonly messageFilter?: MessageFilter
  /** Of call metadata, after the header rules have made it. */
  readonly editMetadata?: HeaderEdit
  /** Of every response's headers, but for those that frame it. */
  readonly editResponse?: HeaderEdit
  /** What it answers preflights with. */
  readonly cors?: Cors
}

/** The method a policy is compiled for. */
export interface PolicyMethod {
  readonly name: string
  readonly desc: DescMethod
  readonly problems: Problems
}

/** What all methods of a configuration have in common. */
export interface PolicyContext {
  /** Ways to find out who calls, by name; none: nobody is asked. */
  readonly providers: ReadonlyMap<string, AuthProvider>
  /** What of the caller goes upstream. */
  readonly forward: AuthConfig['forward']
  /** Counters, which outlive a configuration. */
  readonly limiters: LimiterSet
  /** Of requests under way, likewise. */
  readonly concurrencyCounts: ConcurrencyCounts
  /** Who refuses requests under load; undefined: nobody does. */
  readonly shedder: Shedder | undefined
}

/** A kind of policy: one file, and one line in the table of `index.ts`. */
export interface PolicyKind {
  readonly name: string
  /** What the settings ask for of this kind; undefined: nothing, and then it costs nothing. */
  compile(method: PolicyMethod, settings: PolicySettings, context: PolicyContext): CompiledPolicy | undefined
}

/** A method's policies, in the order they run. */
export interface MethodPolicies {
  /** Whether callers are asked who they are. */
  readonly asksCaller: boolean
  /** Whether requests are counted by `limits` or `concurrency`. */
  readonly isLimited: boolean
  readonly filters: readonly Filter[]
  readonly messageFilters: readonly MessageFilter[]
  readonly metadataEdits: readonly HeaderEdit[]
  readonly responseEdits: readonly HeaderEdit[]
  /** undefined: pages of other origins may not call it. */
  readonly cors: Cors | undefined
}

export type { PolicySettings, Position }
