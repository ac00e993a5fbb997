import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Environment } from '../../config/index.js'
import { textOf, type Warn } from './environment.js'

/** Each process is an instance of its own; traces and metrics of one say the same. */
const INSTANCE_ID = randomUUID()
const DEFAULT_NAME = 'protobridge'

/**
 * Who tells: attributes of the resource that every span and metric belongs to. `OTEL_RESOURCE_ATTRIBUTES` adds to and goes before
 * what is found out here, `OTEL_SERVICE_NAME` before both (Resource SDK specification).
 */
export function resourceAttributes(
  env: Environment,
  version: string,
  warn: Warn,
): Readonly<Record<string, string | number>> {
  const written = parse(textOf(env, 'OTEL_RESOURCE_ATTRIBUTES') ?? '', warn)
  const name = textOf(env, 'OTEL_SERVICE_NAME')
  return {
    'service.name': DEFAULT_NAME,
    'service.version': version,
    'service.instance.id': INSTANCE_ID,
    'host.name': hostname(),
    'process.pid': process.pid,
    ...written,
    ...(name === undefined ? {} : { 'service.name': name }),
  }
}

/** `key=value,key=value`, both percent-encoded where they need it. Wrong in one place, it is worth nothing. */
function parse(text: string, warn: Warn): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {}
  try {
    for (const pair of text.split(',')) {
      if (pair.trim() === '') continue
      const at = pair.indexOf('=')
      if (at < 0) throw new Error('a part without =')
      attributes[decodeURIComponent(pair.slice(0, at).trim())] = decodeURIComponent(pair.slice(at + 1).trim())
    }
    return attributes
  } catch (error) {
    warn(`OTEL_RESOURCE_ATTRIBUTES: not key=value,key=value (${(error as Error).message}); left out`)
    return {}
  }
}
