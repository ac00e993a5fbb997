import type { GatewayConfig } from '../config/index.js'
import { loadReflection, type DescriptorSource } from '../descriptors/index.js'
import type { HeldUpstreams, Reflected } from '../snapshot/index.js'
import type { Upstream } from '../upstream/index.js'
import type { SourceFailure } from './source-failure.js'

/** Remembers what each upstream's reflection told, so that one that is away keeps what it said last. */
export class ReflectionMemory {
  #told = new Map<string, DescriptorSource>()

  /** Asks every upstream that a `schema` entry names, side by side, within the time-out. Never rejects. */
  async ask(
    config: GatewayConfig,
    upstreams: HeldUpstreams,
    timeoutMs: number,
  ): Promise<{ reflected: Reflected; failures: SourceFailure[] }> {
    const names = new Set(config.schema.flatMap((entry) => (entry.kind === 'reflection' ? [entry.upstream] : [])))
    const reflected = new Map<string, DescriptorSource>()
    const failures: SourceFailure[] = []
    await Promise.all(
      [...names].map(async (name) => {
        const upstream = upstreams.byName.get(name)
        if (upstream === undefined) return
        try {
          reflected.set(name, await reflect(upstream, Date.now() + timeoutMs))
        } catch (error) {
          const earlier = this.#told.get(name)
          if (earlier !== undefined) reflected.set(name, earlier)
          const message = error instanceof Error ? error.message : String(error)
          const why = whyAway(upstream)
          failures.push({
            source: { upstream: name },
            message: why === undefined ? message : `${message} (${why})`,
            hasEarlier: earlier !== undefined,
          })
        }
      }),
    )
    return { reflected, failures }
  }

  /** Keeps what was told, once it has proved good. */
  keep(reflected: Reflected): void {
    this.#told = new Map(reflected)
  }
}

/** What the status of a call does not tell, as clients see it: which address, and what the system says of it. */
function whyAway(upstream: Upstream): string | undefined {
  if (upstream.resolutionError !== undefined) return upstream.resolutionError
  for (const { address, lastError } of upstream.endpoints()) {
    if (lastError !== undefined) return lastError.includes(address) ? lastError : `${address}: ${lastError}`
  }
  return undefined
}

function reflect(upstream: Upstream, deadlineMs: number): Promise<DescriptorSource> {
  return loadReflection({
    label: `reflection of ${upstream.name}`,
    autoMap: false,
    deadlineMs,
    openStream: (path, handler) =>
      upstream.stream(
        { path, metadata: [], deadlineMs },
        {
          onHeaders: () => undefined,
          onMessage: (message) => handler.onMessage(message),
          onEnd: (status) => handler.onEnd(status),
          onDrain: () => undefined,
        },
      ),
  })
}
