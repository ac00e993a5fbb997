import { dirname } from 'node:path'
import { isFolder } from '../files/index.js'
import { whyUnreadable, type Normalization } from './normalization.js'
import type { AccessLogConfig, TelemetryConfig } from './types.js'
import type { WrittenAuth, WrittenTelemetry } from './written.js'

export function normalizeTelemetry(
  written: WrittenTelemetry,
  { providers }: WrittenAuth,
  at: Normalization,
): TelemetryConfig {
  const { traces, trustInbound, metrics, accessLog } = written
  const credentialParameters = Object.values(providers).flatMap(({ apiKey }) => apiKey?.query ?? [])
  return { traces, trustInbound, credentialParameters, metrics, accessLog: normalizeAccessLog(accessLog, at) }
}

const PLACE = '/telemetry/accessLog'

function normalizeAccessLog(written: WrittenTelemetry['accessLog'], at: Normalization): AccessLogConfig | undefined {
  const { format, file, fields } =
    typeof written === 'string' ? { format: written, file: undefined, fields: undefined } : written
  if (format === 'none') return undefined
  if (fields !== undefined) {
    if (format === 'combined')
      at.error(`${PLACE}/fields`, 'only JSON has fields', 'take them out, or write format: json')
    const twice = fields.findIndex((name, index) => fields.indexOf(name) !== index)
    if (twice >= 0) at.error(`${PLACE}/fields/${twice}`, `"${fields[twice]!}" is there twice`, 'take one of them out')
  }
  return { format, file: file === undefined ? undefined : logFile(file, at), fields }
}

/** The file need not be there; its folder has to. */
function logFile(file: string, at: Normalization): string {
  const path = at.path(file)
  if (isFolder(path)) {
    at.error(`${PLACE}/file`, `${JSON.stringify(file)} cannot be written: it is a folder`, 'name a file in it')
    return path
  }
  const wrong = whyUnreadable(dirname(path), 'folder')
  if (wrong !== undefined) {
    at.error(
      `${PLACE}/file`,
      `${JSON.stringify(file)} cannot be written: its folder: ${wrong}`,
      'make the folder first',
    )
  }
  return path
}
