import { readFileSync } from 'node:fs'
import type { Agent } from 'node:http'
import type { Environment } from '../../config/index.js'
import { textOf, type Signal } from './environment.js'

/**
 * The connections of one exporter over HTTP, which can be ended. The exporters' own time-out is one of silence: a backend that sends
 * a byte now and then, and never all of an answer, would keep each for ever, and after 30 of them no more would be sent.
 */
export class OtlpConnections {
  readonly #tls: Readonly<Record<'ca' | 'cert' | 'key', Buffer | undefined>>
  #agent: Agent | undefined

  constructor(env: Environment, signal: Signal) {
    const read = (name: string): Buffer | undefined => fileIn(env, signal, name)
    this.#tls = { ca: read('CERTIFICATE'), cert: read('CLIENT_CERTIFICATE'), key: read('CLIENT_KEY') }
  }

  /** What the exporter is to open them with: as its own does, by the same variables. */
  readonly agentFor = async (protocol: string): Promise<Agent> => {
    const isPlain = protocol === 'http:'
    this.#agent = isPlain
      ? new (await import('node:http')).Agent({ keepAlive: true })
      : new (await import('node:https')).Agent({ keepAlive: true, ...this.#tls })
    return this.#agent
  }

  /** Ends all there are. What is sent after that opens others. */
  end(): void {
    this.#agent?.destroy()
  }
}

/** undefined: no variable names one, or it cannot be read, which `checkOtlp` tells. */
function fileIn(env: Environment, signal: Signal, name: string): Buffer | undefined {
  const path = textOf(env, `OTEL_EXPORTER_OTLP_${signal}_${name}`) ?? textOf(env, `OTEL_EXPORTER_OTLP_${name}`)
  try {
    return path === undefined ? undefined : readFileSync(path)
  } catch {
    return undefined
  }
}
