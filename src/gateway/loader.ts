import { statSync } from 'node:fs'
import type { Environment, GatewayConfig } from '../config/index.js'
import { onDisk, recording, replaying, type FileRecord, type FileSteps } from '../files/index.js'
import { AuthProviders, ConcurrencyCounts, Limiters } from '../policies/index.js'
import { LoadError, Problems } from '../problems/index.js'
import {
  buildSnapshot,
  SchemaMemory,
  type HeldUpstreams,
  type Reflected,
  type SharedUpstreams,
  type Snapshot,
  type ToldMappings,
} from '../snapshot/index.js'
import type { Telemetry } from '../telemetry/index.js'
import { MappingMemory, type UsedKv } from './kv-mappings.js'
import { packReflected, unpackReflected, type Recipe } from './recipe.js'
import { ReflectionMemory } from './reflection.js'
import { soundParts } from './sound-parts.js'
import type { SourceFailure } from './source-failure.js'
import { filesOf, loadConfig, type ConfigSource } from './source.js'
import { watchedFiles, type WatchedFiles } from './watched-files.js'

export interface Loaded {
  readonly snapshot: Snapshot
  readonly failures: readonly SourceFailure[]
  /** To see the files as the load has seen them. */
  readonly files: FileSteps
  /** undefined: nobody asked for it to be kept. */
  readonly recipe: Recipe | undefined
}

export interface LoadOptions {
  /** A gateway may come up without the reflection and the mapping files it needs; `check` and `routes` may not. */
  readonly mayWait: boolean
  /** How long one upstream may take to tell all it serves, and Consul its mapping files. */
  readonly askTimeoutMs?: number
}

const ASK_TIMEOUT_MS = 10_000

/** Builds snapshots from one source of configuration: the way from what a person wrote to what is served. */
export class Loader {
  readonly #source: ConfigSource
  readonly #env: Environment
  readonly #upstreams: SharedUpstreams
  readonly #concurrencyCounts = new ConcurrencyCounts()
  readonly #schemas = new SchemaMemory()
  readonly #reflection = new ReflectionMemory()
  readonly #mappings: MappingMemory
  readonly #authProviders = new AuthProviders()
  readonly #limiters: Limiters
  #lookedAt: WatchedFiles
  #usedKv: readonly UsedKv[] = []
  readonly #telemetry: Telemetry | undefined
  readonly #keepsRecipes: boolean
  /** What each configuration was read from, where recipes are kept. */
  readonly #configRecords = new WeakMap<GatewayConfig, FileRecord>()

  /**
   * @param telemetry undefined: nothing is served from what is loaded, so that nothing of it is opened
   * @param keepsRecipes whether other processes are to make the same of what was read
   */
  constructor(
    source: ConfigSource,
    env: Environment,
    upstreams: SharedUpstreams,
    telemetry?: Telemetry,
    keepsRecipes = false,
    limiters = new Limiters(),
  ) {
    this.#limiters = limiters
    this.#telemetry = telemetry
    this.#keepsRecipes = keepsRecipes
    this.#source = source
    this.#env = env
    this.#upstreams = upstreams
    this.#mappings = new MappingMemory(env)
    this.#lookedAt = watchedFiles(filesOf(source))
  }

  /** When the keys of issuers were last fetched. */
  get fetchedKeys(): AuthProviders['fetchedKeys'] {
    return this.#authProviders.fetchedKeys
  }

  /** What the last load read and looked for, whatever came of it: a change in it is a reason to load again. */
  get lookedAt(): WatchedFiles {
    return this.#lookedAt
  }

  /** What the last load took from Consul, likewise. */
  get usedKv(): readonly UsedKv[] {
    return this.#usedKv
  }

  /**
   * Loads everything anew.
   * @throws LoadError with every problem
   */
  async load(options: LoadOptions): Promise<Loaded> {
    const problems = new Problems()
    const files = this.#keepsRecipes ? recording() : undefined
    const config = (files ?? onDisk).run(() => loadConfig(this.#source, this.#env, problems))
    if (config === undefined) {
      this.#lookedAt = watchedFiles([...filesOf(this.#source), ...filesNamedIn(problems)])
      throw new LoadError(problems.errors)
    }
    if (files !== undefined) this.#configRecords.set(config, files.record)
    return this.#build(config, problems, options)
  }

  /**
   * Makes what another process has made. Nobody is asked for anything.
   * @throws LoadError
   */
  replay({ config: configRecord, build, reflected, toldMappings }: Recipe): Promise<Loaded> {
    const problems = new Problems()
    const config = replaying(configRecord).run(() => loadConfig(this.#source, this.#env, problems))
    if (config === undefined) return Promise.reject(new LoadError(problems.errors))
    return this.#build(config, problems, {
      mayWait: true,
      told: { files: replaying(build), reflected: unpackReflected(reflected), toldMappings },
    })
  }

  /**
   * Builds from a configuration that was loaded before: asks for what was awaited, say.
   * @throws LoadError
   */
  rebuild(config: GatewayConfig, options: LoadOptions): Promise<Loaded> {
    return this.#build(config, new Problems(), options)
  }

  async #build(
    written: GatewayConfig,
    problems: Problems,
    options: LoadOptions & { readonly told?: Told },
  ): Promise<Loaded> {
    const { mayWait, told } = options
    const recorded = this.#keepsRecipes ? recording() : undefined
    const files = told?.files ?? recorded ?? onDisk
    const { config, unusableUpstreams, lacksSchema } = problems.hasErrors
      ? soundParts(written, problems.errors)
      : { config: written, unusableUpstreams: new Set<string>(), lacksSchema: false }
    const usable = config.upstreams.filter(({ name }) => !unusableUpstreams.has(name))
    const held = files.run(() => this.#upstreams.hold(usable, problems))
    try {
      const { reflected, toldMappings, failures, keep } =
        told === undefined
          ? await this.#ask(config, held, options.askTimeoutMs ?? ASK_TIMEOUT_MS)
          : { ...told, failures: [], keep: () => undefined }
      if (!mayWait) reportFailures(config, failures, problems)
      const limiters = this.#limiters.begin(config.limits)
      const { snapshot, files: read } = files.run(() =>
        buildSnapshot(
          {
            config,
            upstreams: held,
            authProviders: this.#authProviders,
            limiters,
            concurrencyCounts: this.#concurrencyCounts,
            telemetry: this.#telemetry,
            reflected,
            schemas: this.#schemas,
            toldMappings,
            lacksSchema,
          },
          problems,
        ),
      )
      this.#lookedAt = watchedFiles([...read, ...filesNamedIn(problems)], written)
      if (snapshot === undefined) throw new LoadError(problems.errors)
      keep()
      this.#limiters.keep(limiters)
      this.#telemetry?.keep()
      const configRecord = this.#configRecords.get(written)
      const recipe =
        recorded === undefined || configRecord === undefined
          ? undefined
          : { config: configRecord, build: recorded.record, reflected: packReflected(reflected), toldMappings }
      return { snapshot, failures, files, recipe }
    } catch (error) {
      held.release()
      this.#telemetry?.drop()
      throw error
    }
  }

  /** What has to be asked for over the network. */
  async #ask(config: GatewayConfig, held: HeldUpstreams, timeoutMs: number) {
    const [reflection, mappings] = await Promise.all([
      this.#reflection.ask(config, held, timeoutMs),
      this.#mappings.ask(config, timeoutMs),
    ])
    const { reflected } = reflection
    this.#usedKv = mappings.used
    return {
      reflected,
      toldMappings: mappings.told,
      failures: [...reflection.failures, ...mappings.failures],
      /** To be called when what was told has proved good. */
      keep: (): void => {
        this.#reflection.keep(reflected)
        mappings.keep()
      },
    }
  }
}

/** What another load was told, and what it has found on disk. */
interface Told {
  readonly files: FileSteps
  readonly reflected: Reflected
  readonly toldMappings: ToldMappings
}

/** A file with errors is often in no other list. Some errors name none: those of the command line, say. */
function filesNamedIn(problems: Problems): string[] {
  const names = new Set(problems.errors.map(({ position }) => position.file))
  return [...names].filter((name) => statSync(name, { throwIfNoEntry: false })?.isFile() === true)
}

function reportFailures(config: GatewayConfig, failures: readonly SourceFailure[], problems: Problems): void {
  for (const { source, message, hasEarlier } of failures) {
    if (hasEarlier) continue
    if ('mappings' in source) {
      const entry = config.mappings.find(({ value }) => value === source.mappings)
      if (entry === undefined) continue
      problems.error(entry.position, message, {
        selector: 'mappings',
        advice: 'start the agent, or name files instead',
      })
    } else {
      const entry = config.schema.find(
        (candidate) => candidate.kind === 'reflection' && candidate.upstream === source.upstream,
      )
      if (entry === undefined) continue
      problems.error(entry.position, message, {
        selector: source.upstream,
        advice: 'start the upstream with server reflection, or name its protos or descriptors instead',
      })
    }
  }
}
