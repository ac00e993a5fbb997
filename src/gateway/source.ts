import { resolve } from 'node:path'
import {
  applyOverrides,
  configFromTarget,
  loadConfigFile,
  normalizeConfig,
  type Environment,
  type GatewayConfig,
  type Overrides,
} from '../config/index.js'
import type { Problems } from '../problems/index.js'
import { validateTarget } from '../upstream/index.js'

/** Where a gateway's configuration comes from. Loaded at start and at every reload. */
export type ConfigSource =
  | { readonly kind: 'file'; readonly path: string; readonly overrides?: Overrides }
  | { readonly kind: 'object'; readonly value: unknown }
  | { readonly kind: 'target'; readonly target: string; readonly overrides?: Overrides }

/**
 * Loads the configuration. Beside errors there may still be one, so that the stages after this one find theirs too: see
 * `soundParts`.
 */
export function loadConfig(source: ConfigSource, env: Environment, problems: Problems): GatewayConfig | undefined {
  const validate = (target: string): string | undefined => validateTarget(target, env)
  const options = { env, validateTarget: validate, keepsWrongParts: true }
  switch (source.kind) {
    case 'file': {
      const config = loadConfigFile(source.path, options, problems)
      return config === undefined ? undefined : applyOverrides(config, source.overrides ?? {}, problems)
    }
    case 'object':
      return normalizeConfig(source.value, { ...options, baseDir: process.cwd() }, problems)
    case 'target':
      return configFromTarget({ target: source.target, validateTarget: validate, ...source.overrides }, problems)
  }
}

/** The file a configuration is read from, absolute. */
export function filesOf(source: ConfigSource): string[] {
  return source.kind === 'file' ? [resolve(source.path)] : []
}
