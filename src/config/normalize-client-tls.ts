import type { Normalization } from './normalization.js'
import { checkTlsFiles } from './tls-files.js'
import type { ClientTlsConfig } from './types.js'
import type { WrittenUpstream } from './written.js'

/** TLS to a server that we call: paths are those of files that are there, and go together. */
export function normalizeTls(
  pointer: string,
  tls: NonNullable<WrittenUpstream['tls']>,
  at: Normalization,
): ClientTlsConfig {
  const config: ClientTlsConfig = {
    ca: at.optionalFile(`${pointer}/ca`, tls.ca),
    cert: at.optionalFile(`${pointer}/cert`, tls.cert),
    key: at.optionalFile(`${pointer}/key`, tls.key),
    serverName: tls.serverName,
  }
  checkTlsFiles(pointer, { ca: config.ca, caKey: 'ca', cert: config.cert, key: config.key }, at)
  return config
}
