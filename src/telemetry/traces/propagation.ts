import type { IncomingHttpHeaders } from 'node:http'
import type { Environment } from '../../config/index.js'
import { listOf, type Warn } from '../otlp/index.js'
import { baggageOf, isTraceparent, tracestateOf } from '../trace-context.js'
import { b3, b3multi } from './b3.js'

/** One way to carry a span's context in headers: a value of `OTEL_PROPAGATORS`. */
export interface Propagator {
  /** Names of its headers, in lower case. */
  readonly headers: readonly string[]
  /** What the client's headers say, as a `traceparent`; undefined: nothing that can be used. */
  extract(headers: IncomingHttpHeaders): string | undefined
  /** Name, value, … @param traceparent of the span */
  inject(traceparent: string): string[]
}

const tracecontext: Propagator = {
  headers: ['traceparent', 'tracestate'],
  extract: ({ traceparent }) => (isTraceparent(traceparent) ? traceparent : undefined),
  inject: (traceparent) => ['traceparent', traceparent],
}

const PROPAGATORS: Readonly<Record<string, Propagator>> = { tracecontext, b3, b3multi }
const BAGGAGE = 'baggage'
const DEFAULT: readonly string[] = ['tracecontext', BAGGAGE]

/** How contexts come in, and go on upstream. */
export class Propagation {
  /** Of clients, which do not go on as they came. */
  readonly headers: ReadonlySet<string>
  readonly #propagator: Propagator
  readonly #hasTracestate: boolean
  readonly #hasBaggage: boolean

  /** @param names values of `OTEL_PROPAGATORS` */
  constructor(names: readonly string[]) {
    const propagators = names.flatMap((name) => PROPAGATORS[name] ?? [])
    this.#propagator = propagators.length === 1 ? propagators[0]! : composite(propagators)
    this.#hasTracestate = names.includes('tracecontext')
    this.#hasBaggage = names.includes(BAGGAGE)
    const { headers } = this.#propagator
    this.headers = new Set(this.#hasBaggage ? [...headers, BAGGAGE] : headers)
  }

  /** The client's context as a `traceparent`; undefined: it sent none that can be used. */
  extract(headers: IncomingHttpHeaders): string | undefined {
    return this.#propagator.extract(headers)
  }

  /** What of the client's `tracestate` goes on. @param parent as `extract` gave it */
  tracestateOf(headers: IncomingHttpHeaders, parent: string): string | undefined {
    const { tracestate } = headers
    if (tracestate === undefined || !this.#hasTracestate || headers['traceparent'] !== parent) return undefined
    return tracestateOf(tracestate)
  }

  baggageOf({ baggage }: IncomingHttpHeaders): string | undefined {
    return baggage === undefined || !this.#hasBaggage ? undefined : baggageOf(baggage)
  }

  /** What tells a server of the span: name, value, … */
  inject(traceparent: string, tracestate: string | undefined): string[] {
    const metadata = this.#propagator.inject(traceparent)
    if (tracestate !== undefined) metadata.push('tracestate', tracestate)
    return metadata
  }
}

/** All of them: a client's context is what the first one finds. */
function composite(propagators: readonly Propagator[]): Propagator {
  return {
    headers: propagators.flatMap(({ headers }) => headers),
    extract(headers) {
      for (const propagator of propagators) {
        const found = propagator.extract(headers)
        if (found !== undefined) return found
      }
      return undefined
    },
    inject: (traceparent) => propagators.flatMap((propagator) => propagator.inject(traceparent)),
  }
}

export function propagationOf(env: Environment, warn: Warn): Propagation {
  const asked = listOf(env, 'OTEL_PROPAGATORS')
  if (asked.length === 0) return new Propagation(DEFAULT)
  if (asked.includes('none')) return new Propagation([])
  const isKnown = (name: string): boolean => name === BAGGAGE || Object.hasOwn(PROPAGATORS, name)
  for (const name of asked.filter((candidate) => !isKnown(candidate))) {
    const known = [...Object.keys(PROPAGATORS), BAGGAGE, 'none'].join(', ')
    warn(`OTEL_PROPAGATORS: ${JSON.stringify(name)} is none of ${known}; left out`)
  }
  return new Propagation(asked.filter(isKnown))
}
