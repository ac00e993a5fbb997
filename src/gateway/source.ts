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
 * Loads the configuration. Beside errors the result may still be whole, so that the stages after this one find theirs
 * too; it is never served then.
 */
export function loadConfig(source: ConfigSource, env: Environment, problems: Problems): GatewayConfig | undefined {
  switch (source.kind) {
    case 'file': {
      const config = loadConfigFile(source.path, { env, validateTarget }, problems)
      return config === undefined ? undefined : applyOverrides(config, source.overrides ?? {}, problems)
    }
    case 'object':
      return normalizeConfig(source.value, { env, validateTarget, baseDir: process.cwd() }, problems)
    case 'target':
      return configFromTarget({ target: source.target, validateTarget, ...source.overrides }, problems)
  }
}
