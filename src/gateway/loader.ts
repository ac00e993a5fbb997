import type { Environment, GatewayConfig } from '../config/index.js'
import { LoadError, Problems, type Problem } from '../problems/index.js'
import {
  buildSnapshot,
  buildWaitingSnapshot,
  type Reflected,
  type SharedUpstreams,
  type Snapshot,
} from '../snapshot/index.js'
import { ReflectionMemory, type ReflectionFailure } from './reflection.js'
import { loadConfig, type ConfigSource } from './source.js'

export interface Loaded {
  readonly snapshot: Snapshot
  readonly failures: readonly ReflectionFailure[]
  /** Why nothing is served yet although the configuration is good: what does not add up without the reflection. */
  readonly deferred: readonly Problem[]
}

/** Builds snapshots from one source of configuration: the way from what a person wrote to what is served. */
export class Loader {
  readonly #source: ConfigSource
  readonly #env: Environment
  readonly #upstreams: SharedUpstreams
  readonly #reflection = new ReflectionMemory()

  constructor(source: ConfigSource, env: Environment, upstreams: SharedUpstreams) {
    this.#source = source
    this.#env = env
    this.#upstreams = upstreams
  }

  /**
   * Loads everything anew.
   * @param mayWait a gateway may come up without the reflection it needs; `check` and `routes` may not
   * @throws LoadError with every problem
   */
  async load(mayWait: boolean): Promise<Loaded> {
    const problems = new Problems()
    const config = loadConfig(this.#source, this.#env, problems)
    if (config === undefined) throw new LoadError(problems.errors)
    const isConfigGood = !problems.hasErrors
    const held = this.#upstreams.hold(config.upstreams, problems)
    try {
      const { reflected, failures } = await this.#reflection.ask(config, held)
      if (!mayWait) reportFailures(config, failures, problems)
      const snapshot = buildSnapshot(config, held, reflected, problems)
      if (snapshot !== undefined) {
        this.#reflection.keep(reflected)
        return { snapshot, failures, deferred: [] }
      }
      const awaited = awaitedBy(config, reflected)
      if (mayWait && isConfigGood && awaited.length > 0) {
        return { snapshot: buildWaitingSnapshot(config, held, awaited), failures, deferred: problems.errors }
      }
      throw new LoadError(problems.errors)
    } catch (error) {
      held.release()
      throw error
    }
  }
}

function awaitedBy(config: GatewayConfig, reflected: Reflected): string[] {
  return config.schema.flatMap((entry) =>
    entry.kind === 'reflection' && !reflected.has(entry.upstream) ? [entry.upstream] : [],
  )
}

function reportFailures(config: GatewayConfig, failures: readonly ReflectionFailure[], problems: Problems): void {
  for (const { upstream, message } of failures) {
    const entry = config.schema.find((candidate) => candidate.kind === 'reflection' && candidate.upstream === upstream)
    if (entry === undefined) continue
    problems.error(entry.position, `reflection failed: ${message}`, {
      selector: upstream,
      advice: 'start the upstream with server reflection, or name its protos or descriptors instead',
    })
  }
}
