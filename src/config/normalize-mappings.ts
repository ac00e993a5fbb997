import { resolve } from 'node:path'
import { agentSettings, isKvAddress, parseKvAddress, systemFiles, type KvAddress } from '../consul/index.js'
import type { Position } from '../problems/index.js'
import type { Environment } from './interpolate.js'
import type { Normalization } from './normalization.js'

/** Where mapping files are. */
export type MappingsConfig =
  /** `value`: a path or glob, absolute. */
  | { readonly kind: 'files'; readonly value: string; readonly position: Position }
  /** `value`: the address as it is written; `kv` is undefined where it is wrong (which has been reported). */
  | {
      readonly kind: 'consul-kv'
      readonly value: string
      readonly kv: KvAddress | undefined
      readonly position: Position
    }

/** Paths and globs made absolute; addresses of keys in Consul checked, as far as that goes without asking. */
export function normalizeMappings(written: readonly string[], at: Normalization, env: Environment): MappingsConfig[] {
  return written.map((value, index): MappingsConfig => {
    const pointer = `/mappings/${index}`
    const position = at.positionOf(pointer)
    if (!isKvAddress(value)) return { kind: 'files', value: resolve(at.baseDir, value), position }
    const kv = parseKvAddress(value)
    const wrong = typeof kv === 'string' ? kv : wrongSettings(kv, env)
    if (wrong !== undefined) at.inputError(pointer, `${JSON.stringify(value)}: ${wrong}`, ADVICE)
    return { kind: 'consul-kv', value, kv: typeof kv === 'string' ? undefined : kv, position }
  })
}

const ADVICE = 'write it like consul-kv://127.0.0.1:8500/protobridge/mappings/'

function wrongSettings({ agent }: KvAddress, env: Environment): string | undefined {
  const settings = agentSettings(agent, env, systemFiles)
  return typeof settings === 'string' ? settings : undefined
}
