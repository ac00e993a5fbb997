import type { Balancer } from './balancers/index.js'
import type { PooledEndpoint } from './pooled-endpoint.js'
import type { Endpoint } from './types.js'

/** `upstreams.NAME.subsets.NAME`: what discovery has to say of an endpoint that belongs to it; all of that. */
export interface Subset {
  readonly meta: Readonly<Record<string, string>>
  readonly tags: readonly string[]
}

export function isIn({ meta, tags }: Endpoint, subset: Subset): boolean {
  return (
    subset.tags.every((tag) => tags.includes(tag)) &&
    Object.entries(subset.meta).every(([name, value]) => meta[name] === value)
  )
}

/** Endpoints that calls are balanced over: all of an upstream's, or those of one of its subsets. */
export class EndpointSet {
  readonly balancer: Balancer<PooledEndpoint>
  private readonly subset: Subset | undefined
  private all: readonly PooledEndpoint[] = []
  /** Whether one of them may take a call; undefined: not known any more. */
  private servable: boolean | undefined

  /** @param subset undefined: all */
  constructor(balancer: Balancer<PooledEndpoint>, subset: Subset | undefined) {
    this.balancer = balancer
    this.subset = subset
  }

  /** @param endpoints all of the upstream's */
  update(endpoints: readonly PooledEndpoint[]): void {
    const { subset } = this
    this.all = subset === undefined ? endpoints : endpoints.filter(({ endpoint }) => isIn(endpoint, subset))
    this.servable = undefined
    this.balancer.update(this.all)
  }

  /** State or health of an endpoint has changed. */
  refresh(): void {
    this.servable = undefined
    this.balancer.refresh()
  }

  /** True while one is healthy, and connected or on the way to it. */
  get canServe(): boolean {
    this.servable ??= this.all.some(
      ({ isHealthy, state }) => isHealthy && state !== 'TRANSIENT_FAILURE' && state !== 'SHUTDOWN',
    )
    return this.servable
  }
}
