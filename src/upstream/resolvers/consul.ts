import {
  agentSettings,
  createAgentClient,
  startBlockingQuery,
  systemFiles,
  type AgentClient,
  type AgentSettings,
  type BlockingQuery,
  type Circumstances,
} from '../../consul/index.js'
import type { Resolver, ResolverListener, ResolverOptions } from '../types.js'
import { fingerprintInstances, readInstances, type Instances } from './consul-instances.js'
import { parseConsulTarget, type ConsulTarget } from './consul-target.js'
import type { ResolverDependencies, ResolverKind, Timer } from './types.js'

/** What the health endpoint needs of a token. */
const RIGHTS = 'service:read and node:read'

/**
 * `consul://agent:8500/service?tag=v1&dc=dc1&filter=…` and `consul:///service` (the agent of `CONSUL_HTTP_ADDR`): the
 * instances whose checks pass, by blocking queries of the agent's health endpoint.
 */
export const consulResolver: ResolverKind = (dependencies) => ({
  validate: (rest) => {
    const target = parseConsulTarget(rest)
    if (typeof target === 'string') return target
    const settings = agentSettings(target.agent, dependencies.env, systemFiles)
    return typeof settings === 'string' ? settings : undefined
  },
  authority: consulAuthority,
  create: (rest, listener, options): Resolver => {
    const target = parseConsulTarget(rest)
    if (typeof target === 'string') return nothing(listener, target)
    const settings = agentSettings({ ...target.agent, token: options.token }, dependencies.env, systemFiles)
    if (typeof settings === 'string') return nothing(listener, settings)
    return new ConsulResolver(target, settings, listener, options, dependencies)
  },
})

function nothing(listener: ResolverListener, problem: string): Resolver {
  listener.onError(problem)
  return { refresh: () => undefined, close: () => undefined }
}

/** The service's name, which calls have as authority; undefined where it could not stand in one. */
function consulAuthority(rest: string): string | undefined {
  const target = parseConsulTarget(rest)
  if (typeof target === 'string') return undefined
  return /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(target.service) ? target.service : undefined
}

/**
 * The set that is told is the agent's answer, but for empty ones that may be a fault's and not the service's: an empty
 * answer within `emptyGrace` after the agent was away or its index went back (a restarted agent holds all checks
 * critical until they have run), from an agent without a leader, or one that the token's rights have thinned out. Those
 * keep the last good set for `emptyGrace`, and are believed if nothing better comes; once instances are listed again, the
 * next empty answer is real.
 */
class ConsulResolver implements Resolver {
  private readonly target: ConsulTarget
  private readonly listener: ResolverListener
  private readonly emptyGraceMs: number
  private readonly dependencies: ResolverDependencies
  private readonly client: AgentClient
  private readonly query: BlockingQuery
  /** The set told last has endpoints. */
  private hasGoodSet = false
  /** The listener knows of trouble that the next good answer ends. */
  private isTroubled = false
  /** Until then an empty answer may be the work of a fault that has just passed. */
  private suspectUntil = -Infinity
  /** Runs while an empty answer is not yet believed. */
  private holding: Timer | undefined

  constructor(
    target: ConsulTarget,
    settings: AgentSettings,
    listener: ResolverListener,
    { emptyGraceMs }: ResolverOptions,
    dependencies: ResolverDependencies,
  ) {
    this.target = target
    this.listener = listener
    this.emptyGraceMs = emptyGraceMs
    this.dependencies = dependencies
    this.client = createAgentClient(settings, dependencies)
    this.query = startBlockingQuery<Instances>({
      client: this.client,
      clock: dependencies,
      path: `/v1/health/service/${encodeURIComponent(target.service)}`,
      query: target.query,
      ...(target.waitMs === undefined ? {} : { waitMs: target.waitMs }),
      read: ({ body }) => readInstances(JSON.parse(body.toString('utf8')), target),
      fingerprint: (instances) => fingerprintInstances(instances, target.isOrdered),
      rights: RIGHTS,
      onAnswer: (instances, circumstances) => this.onAnswer(instances, circumstances),
      onError: ({ message }) => {
        this.stopHolding()
        this.trouble(message)
      },
    })
  }

  /** A blocking query tells of changes by itself; only a loop that is waiting after an error can be hurried. */
  refresh(): void {
    this.query.hurry()
  }

  close(): void {
    this.stopHolding()
    this.query.stop()
    this.client.close()
  }

  private onAnswer(instances: Instances, circumstances: Circumstances): void {
    const now = this.dependencies.now()
    if (circumstances.isAfterFault) this.suspectUntil = now + this.emptyGraceMs
    if (instances.endpoints.length > 0) {
      // The dip has been seen, and is over.
      if (this.holding !== undefined) this.suspectUntil = -Infinity
      this.stopHolding()
      if (circumstances.isChanged || this.isTroubled || !this.hasGoodSet) this.tell(instances)
      else this.listener.onConfirmed?.()
      return
    }
    const doubt = this.doubt(circumstances, now)
    if (!this.hasGoodSet || doubt === undefined) {
      this.stopHolding()
      this.tell(instances, doubt?.reason)
      return
    }
    this.trouble(`${doubt.reason}: the last good set stays in use for ${this.emptyGraceMs / 1000} s`)
    this.holding ??= this.dependencies.setTimer(doubt.forMs, () => {
      this.holding = undefined
      this.tell(instances, doubt.reason)
    })
  }

  /** Why an empty answer may be none of the service's doing, and for how long that counts; undefined: it is real. */
  private doubt(
    { isFiltered, isLeaderless }: Circumstances,
    now: number,
  ): { readonly reason: string; readonly forMs: number } | undefined {
    if (isFiltered) {
      return { reason: `the token may not read all instances: needs ${RIGHTS}`, forMs: this.emptyGraceMs }
    }
    const none = `Consul lists no healthy instance of ${this.target.service}`
    if (isLeaderless) return { reason: `${none}, but knows no leader`, forMs: this.emptyGraceMs }
    if (now < this.suspectUntil) {
      return { reason: `${none}, right after a fault of the agent`, forMs: this.suspectUntil - now }
    }
    return undefined
  }

  private tell({ endpoints, unusable }: Instances, reason?: string): void {
    this.hasGoodSet = endpoints.length > 0
    this.isTroubled = false
    this.listener.onEndpoints(endpoints)
    if (reason !== undefined) this.trouble(reason)
    else if (unusable.length > 0) this.trouble(`instances that cannot be called: ${unusable.slice(0, 5).join('; ')}`)
  }

  private trouble(message: string): void {
    this.isTroubled = true
    this.listener.onError(message)
  }

  private stopHolding(): void {
    this.holding?.cancel()
    this.holding = undefined
  }
}
