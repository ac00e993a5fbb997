import { existsSync } from 'node:fs'
import { parseAddress } from '../config/index.js'
import type { ConfigSource } from '../gateway/index.js'
import { UsageError } from './usage-error.js'

export interface SourceOptions {
  readonly config?: string
  readonly target?: string
  readonly listen?: string
  readonly admin?: string
}

export const DEFAULT_FILE = 'protobridge.yaml'

/** Which configuration the options mean. */
export function sourceOf({ config, target, listen, admin }: SourceOptions): ConfigSource {
  const overrides = { listen, admin }
  requireAddress('--listen', listen)
  requireAddress('--admin', admin)
  if (config !== undefined && target !== undefined) throw new UsageError('give --config or --target, not both')
  if (target !== undefined) return { kind: 'target', target, overrides }
  if (config === undefined && !existsSync(DEFAULT_FILE)) {
    throw new UsageError(
      `there is no ${DEFAULT_FILE} here: give --config FILE, or --target dns:///host:port for a server with reflection`,
    )
  }
  return { kind: 'file', path: config ?? DEFAULT_FILE, overrides }
}

function requireAddress(option: string, text: string | undefined): void {
  if (text === undefined) return
  const reading = parseAddress(text)
  if ('wrong' in reading) throw new UsageError(`${option}: ${reading.wrong}: ${reading.advice}`)
}
