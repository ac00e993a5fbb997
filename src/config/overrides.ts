import type { Problems } from '../problems/index.js'
import { clashes, parseAddress } from './address.js'
import { normalizeConfig } from './load.js'
import { TOKEN_ADVICE, needsToken, tokenMessage } from './normalize-listeners.js'
import type { TargetValidator } from './normalize-upstreams.js'
import type { GatewayConfig } from './types.js'

/** What the command line says instead of the file, each `HOST:PORT` or `:PORT`. */
export interface Overrides {
  readonly listen?: string | undefined
  readonly admin?: string | undefined
}

const DEFAULT_HOSTS = { listen: '0.0.0.0', admin: '127.0.0.1' }

/**
 * The configuration with `--listen` and `--admin` in force. `--listen` leaves one listener, the first, at that address:
 * one with TLS keeps it. Wrong addresses go to `problems` at `--listen:0:0`, and change nothing.
 */
export function applyOverrides(config: GatewayConfig, overrides: Overrides, problems: Problems): GatewayConfig {
  const listen = override('listen', overrides.listen, problems)
  const admin = override('admin', overrides.admin, problems)
  const changed: GatewayConfig = {
    ...config,
    listen: listen === undefined ? config.listen : [{ ...listen, tls: config.listen[0]?.tls }],
    admin: admin === undefined ? config.admin : { ...config.admin, ...admin },
    shown: {
      ...config.shown,
      ...(listen === undefined ? {} : { listen: [{ ...firstOf(config.shown['listen']), ...listen }] }),
      ...(admin === undefined ? {} : { admin: { ...firstOf(config.shown['admin']), ...admin } }),
    },
  }
  const refuse = (name: 'listen' | 'admin', message: string, advice: string): void =>
    problems.error({ file: `--${name}`, line: 0, column: 0 }, message, { advice })
  if (admin !== undefined && needsToken(changed.admin)) refuse('admin', tokenMessage(changed.admin), TOKEN_ADVICE)
  if ((listen ?? admin) !== undefined && changed.listen.some((listener) => clashes(listener, changed.admin))) {
    const where = `(${changed.admin.host} ${changed.admin.port})`
    if (admin === undefined) refuse('listen', `listens where the admin port does ${where}`, 'give another port')
    else refuse('admin', `listens where a listener does ${where}`, 'give another port')
  }
  return Object.freeze(changed)
}

/** What is written of the first listener, or of what there is only one of. */
function firstOf(written: unknown): object {
  const first: unknown = Array.isArray(written) ? written[0] : written
  return typeof first === 'object' && first !== null ? first : {}
}

function override(
  name: 'listen' | 'admin',
  text: string | undefined,
  problems: Problems,
): { host: string; port: number } | undefined {
  if (text === undefined) return undefined
  const reading = parseAddress(text)
  if ('wrong' in reading) {
    problems.error({ file: `--${name}`, line: 0, column: 0 }, reading.wrong, { advice: reading.advice })
    return undefined
  }
  return { host: reading.host ?? DEFAULT_HOSTS[name], port: reading.port }
}

/**
 * The configuration without a file, of `serve --target`: one upstream, named `upstream`, its types by reflection, every
 * service served, methods without an HTTP rule at POST /package.Service/Method.
 */
export function configFromTarget(
  options: Overrides & { readonly target: string; readonly validateTarget?: TargetValidator },
  problems: Problems,
): GatewayConfig | undefined {
  const { target, validateTarget } = options
  const written = {
    schema: [{ reflection: 'upstream', autoMap: true }],
    // The shell has interpolated already: a dollar is a dollar.
    upstreams: { upstream: { target: target.replaceAll('$', '$$$$'), services: ['*'] } },
  }
  const config = normalizeConfig(
    written,
    { baseDir: '.', env: {}, file: '--target', ...(validateTarget === undefined ? {} : { validateTarget }) },
    problems,
  )
  return config === undefined ? undefined : applyOverrides(config, options, problems)
}
