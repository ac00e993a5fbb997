import type { UpstreamConfig } from '../config/index.js'
import { readBytes } from '../files/index.js'
import type { Problems } from '../problems/index.js'
import {
  createUpstream,
  transports,
  validateTls,
  type TlsOptions,
  type Transport,
  type Upstream,
} from '../upstream/index.js'

const USER_AGENT = 'protobridge'

/** Told what befalls an upstream's endpoints: ejections, health. */
export type UpstreamNote = (upstream: string, note: string) => void

export interface SharedUpstreamsOptions {
  readonly onNote?: UpstreamNote
  /** Where discovery systems' own tools have settings (`CONSUL_*`); default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** They carry no calls but reflection's: nothing is asked of endpoints, or connected to, ahead of need. Default: they do. */
  readonly isForReflectionOnly?: boolean
  readonly transports?: Readonly<Record<UpstreamConfig['transport'], Transport>>
}

/** An upstream that several snapshots may hold. Drained when the last lets go of it. */
interface SharedUpstream {
  readonly key: string
  readonly upstream: Upstream
  holders: number
}

/** The upstreams one snapshot (or one attempt to build it) holds, by name. */
export interface HeldUpstreams {
  readonly byName: ReadonlyMap<string, Upstream>
  release(): void
}

/**
 * All upstreams of the process. An upstream whose configuration did not change is the same object in the next snapshot:
 * its connections survive the reload.
 */
export class SharedUpstreams {
  readonly #shared = new Map<string, SharedUpstream>()
  readonly #transports: Readonly<Record<UpstreamConfig['transport'], Transport>>
  readonly #onNote: UpstreamNote
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #isForReflectionOnly: boolean
  /** Let go of by every snapshot, their last calls under way. */
  readonly #draining = new Map<Upstream, Promise<void>>()

  constructor(options: SharedUpstreamsOptions = {}) {
    this.#onNote = options.onNote ?? (() => undefined)
    this.#env = options.env ?? process.env
    this.#isForReflectionOnly = options.isForReflectionOnly ?? false
    this.#transports = options.transports ?? transports
  }

  /** Opens what the configuration names. Certificates that cannot be used are reported, and that upstream left out. */
  hold(configs: readonly UpstreamConfig[], problems: Problems): HeldUpstreams {
    const held: SharedUpstream[] = []
    const byName = new Map<string, Upstream>()
    for (const config of configs) {
      const tls = readTls(config, problems)
      if (tls === 'unusable') continue
      const shared = this.#open(config, tls)
      shared.holders++
      held.push(shared)
      byName.set(config.name, shared.upstream)
    }
    return {
      byName,
      release: () => {
        for (const shared of held.splice(0)) this.#release(shared)
      },
    }
  }

  /** Resolves when every upstream that was let go of has finished its calls. */
  async drained(): Promise<void> {
    await Promise.all(this.#draining.values())
  }

  /** Ends all calls at once. */
  close(): void {
    for (const { upstream } of this.#shared.values()) upstream.close()
    for (const upstream of this.#draining.keys()) upstream.close()
    this.#shared.clear()
  }

  #open(config: UpstreamConfig, tls: TlsOptions | undefined): SharedUpstream {
    const { name, target, authority, connections, maxResponseBytes, health, outlier } = config
    const { breaker, subsets, balancer, slowStartMs, token, emptyGraceMs, transport } = config
    const settings = {
      name,
      target: target.value,
      authority,
      connections,
      maxResponseBytes,
      health,
      outlier,
      breaker,
      subsets,
      balancer: balancer.name,
      slowStartMs,
      token,
      emptyGraceMs,
      transport,
      tls: describeTls(tls),
    }
    const key = JSON.stringify(settings)
    const existing = this.#shared.get(key)
    if (existing !== undefined) return existing
    const upstream = createUpstream(
      {
        name,
        target: target.value,
        connection: {
          tls,
          authority,
          connectTimeoutMs: connections.connectTimeoutMs,
          idleTimeoutMs: connections.idleTimeoutMs,
          keepalive: connections.keepalive,
          maxResponseBytes,
          userAgent: USER_AGENT,
        },
        eager: connections.eager && !this.#isForReflectionOnly,
        health: this.#isForReflectionOnly ? undefined : health,
        outlier: this.#isForReflectionOnly ? undefined : outlier,
        breaker,
        subsets,
        transport: this.#transports[transport],
        balancer: balancer.name,
        slowStartMs,
        resolver: { token, emptyGraceMs },
      },
      { onNote: (note) => this.#onNote(name, note), env: this.#env },
    )
    const shared = { key, upstream, holders: 0 }
    this.#shared.set(key, shared)
    return shared
  }

  #release(shared: SharedUpstream): void {
    if (--shared.holders > 0) return
    this.#shared.delete(shared.key)
    const { upstream } = shared
    const drained = upstream.drain().finally(() => this.#draining.delete(upstream))
    this.#draining.set(upstream, drained)
  }
}

function describeTls(tls: TlsOptions | undefined): unknown {
  if (tls === undefined) return null
  const text = (pem: Buffer | undefined): string => pem?.toString('latin1') ?? ''
  return [text(tls.ca), text(tls.cert), text(tls.key), tls.serverName ?? '']
}

/** PEM files are read at each load, so that a rotated certificate makes a new upstream. */
function readTls({ name, tls, position }: UpstreamConfig, problems: Problems): TlsOptions | undefined | 'unusable' {
  if (tls === undefined) return undefined
  const read = (file: string | undefined): Buffer | undefined => (file === undefined ? undefined : readBytes(file))
  let wrong: string | undefined
  try {
    const options = { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key), serverName: tls.serverName }
    wrong = validateTls(options)
    if (wrong === undefined) return options
  } catch (error) {
    wrong = error instanceof Error ? error.message : String(error)
  }
  const files = [tls.ca, tls.cert, tls.key].filter((file) => file !== undefined).join(', ')
  problems.error(position, `the TLS files cannot be used: ${wrong}`, {
    selector: `upstreams.${name}.tls`,
    advice: `check ${files}`,
  })
  return 'unusable'
}
