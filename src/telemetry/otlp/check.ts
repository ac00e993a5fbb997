import { accessSync, constants } from 'node:fs'
import type { Environment } from '../../config/index.js'
import { numberOf, textOf, type Signal, type Warn } from './environment.js'

const COMPRESSIONS: readonly string[] = ['none', 'gzip']
/** Of the exporters, where no variable says another; ms. */
const TIMEOUT_MS = 10_000
const FILES = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY']

/**
 * Tells what is wrong in the variables that the exporters read for themselves. They leave it out without a word: they would
 * tell `diag`, which is the embedding program's.
 */
export function checkOtlp(env: Environment, signal: Signal, warn: Warn): void {
  for (const prefix of [`OTEL_EXPORTER_OTLP_${signal}_`, 'OTEL_EXPORTER_OTLP_']) {
    numberOf(env, `${prefix}TIMEOUT`, TIMEOUT_MS, 1, warn)
    const compression = textOf(env, `${prefix}COMPRESSION`)
    if (compression !== undefined && !COMPRESSIONS.includes(compression)) {
      warn(`${prefix}COMPRESSION: ${JSON.stringify(compression)} is none of ${COMPRESSIONS.join(', ')}; left out`)
    }
    const headers = textOf(env, `${prefix}HEADERS`)
    // Values are secrets: not even a part is shown.
    if (headers !== undefined && !headers.split(',').every(isPair)) {
      warn(`${prefix}HEADERS: not key=value,key=value, percent-encoded; what is not is left out`)
    }
    for (const name of FILES) checkFile(env, prefix + name, warn)
  }
}

function isPair(text: string): boolean {
  const at = text.indexOf('=')
  try {
    const [key, value] = [decodeURIComponent(text.slice(0, at)), decodeURIComponent(text.slice(at + 1))]
    return text.trim() === '' || (at > 0 && key.trim() !== '' && value.trim() !== '')
  } catch {
    return false
  }
}

function checkFile(env: Environment, name: string, warn: Warn): void {
  const path = textOf(env, name)
  if (path === undefined) return
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    warn(`${name}: ${JSON.stringify(path)} cannot be read (${(error as NodeJS.ErrnoException).code}); left out`)
  }
}
