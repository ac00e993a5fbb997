import { clashes, isLoopback, readBindHost, readHostName } from './address.js'
import type { Normalization } from './normalization.js'
import { checkTlsFiles } from './tls-files.js'
import type { AdminConfig, ListenConfig, ServerTlsConfig } from './types.js'
import type { WrittenConfig, WrittenListener } from './written.js'

export function normalizeListeners(written: WrittenConfig['listen'], at: Normalization): ListenConfig[] {
  const entries = listOf(written)
  const pointers = pointersOf(written)
  const listeners = entries.map((entry, index): ListenConfig => {
    const pointer = pointers[index]!
    return {
      host: bindHost(`${pointer}/host`, entry.host, at),
      port: entry.port,
      tls: entry.tls === undefined ? undefined : normalizeServerTls(`${pointer}/tls`, entry.tls, at),
    }
  })
  listeners.forEach((listener, index) => {
    const earlier = listeners.slice(0, index).findIndex((other) => clashes(listener, other))
    if (earlier !== -1) {
      const { host, port } = listeners[earlier]!
      at.error(pointers[index]!, `listens where listen[${earlier}] does (${host} ${port})`, 'give another port or host')
    }
  })
  return listeners
}

const listOf = (written: WrittenConfig['listen']): readonly WrittenListener[] =>
  Array.isArray(written) ? (written as readonly WrittenListener[]) : [written as WrittenListener]

const pointersOf = (written: WrittenConfig['listen']): string[] =>
  Array.isArray(written) ? written.map((_, index) => `/listen/${index}`) : ['/listen']

/** The admin port has its default also when it is not written, so it is the listener that is told of a clash. */
export function checkAdminApart(
  written: WrittenConfig['listen'],
  listeners: readonly ListenConfig[],
  admin: AdminConfig,
  at: Normalization,
): void {
  const { grpcHealth } = admin
  for (const [index, listener] of listeners.entries()) {
    const pointer = pointersOf(written)[index]!
    if (clashes(admin, listener)) {
      const message = `listens where the admin port does (${admin.host} ${admin.port})`
      at.error(pointer, message, 'give it, or admin, another port')
    } else if (grpcHealth !== undefined && clashes(grpcHealth, listener)) {
      const message = `listens where admin.grpcHealth does (${grpcHealth.host} ${grpcHealth.port})`
      at.error(pointer, message, 'give it, or admin.grpcHealth, another port')
    }
  }
}

export function normalizeAdmin(written: WrittenConfig['admin'], at: Normalization): AdminConfig {
  const admin: AdminConfig = {
    host: bindHost('/admin/host', written.host, at),
    port: written.port,
    token: written.token === undefined || written.token === '' ? undefined : written.token,
    hosts: written.hosts.flatMap((host, index) => requestHost(`/admin/hosts/${index}`, host, at)),
    grpcHealth: normalizeGrpcHealth(written, at),
  }
  if (admin.token !== undefined && !/^[\x21-\x7e]+$/.test(admin.token)) {
    at.error('/admin/token', 'the token cannot be sent in a header', 'use printable ASCII without blanks')
  }
  if (needsToken(admin)) at.error('/admin/host', tokenMessage(admin), TOKEN_ADVICE)
  return admin
}

function normalizeGrpcHealth({ host, port, grpcHealth }: WrittenConfig['admin'], at: Normalization) {
  if (grpcHealth === undefined) return undefined
  const health = { host: bindHost('/admin/grpcHealth/host', grpcHealth.host, at), port: grpcHealth.port }
  if (clashes(health, { host, port })) {
    at.error('/admin/grpcHealth/port', `listens where the admin port does (${host} ${port})`, 'give another port')
  }
  return health
}

export const TOKEN_ADVICE = 'set admin.token, or bind to 127.0.0.1'

export function needsToken(admin: AdminConfig): boolean {
  return admin.token === undefined && !isLoopback(admin.host)
}

export function tokenMessage(admin: AdminConfig): string {
  return `the admin port on ${admin.host}, which is not loopback, needs a token`
}

/** A host that requests may name, as a list of one, or of none when it is wrong. */
export function requestHost(pointer: string, text: string, at: Normalization): string[] {
  const host = readHostName(text)
  if (host !== undefined) return [host]
  const advice = /:[0-9]+$/.test(text)
    ? 'leave the port out: any port is meant'
    : 'write a name like api.example.com, without scheme, path or wildcard'
  at.error(pointer, `${JSON.stringify(text)} is not a host name`, advice)
  return []
}

function bindHost(pointer: string, text: string, at: Normalization): string {
  const host = readBindHost(text)
  if (host !== undefined) return host
  at.error(pointer, `${JSON.stringify(text)} is not an address or host name`, 'the port has a key of its own, port')
  return '127.0.0.1'
}

function normalizeServerTls(
  pointer: string,
  tls: NonNullable<WrittenListener['tls']>,
  at: Normalization,
): ServerTlsConfig {
  const clientCert = tls.clientCert ?? (tls.clientCa === undefined ? 'none' : 'require')
  if (clientCert !== 'none' && tls.clientCa === undefined) {
    at.error(`${pointer}/clientCert`, `${clientCert} without clientCa`, 'name the authorities in clientCa')
  }
  const config: ServerTlsConfig = {
    cert: at.file(`${pointer}/cert`, tls.cert),
    key: at.file(`${pointer}/key`, tls.key),
    clientCa: at.optionalFile(`${pointer}/clientCa`, tls.clientCa),
    clientCert,
  }
  checkTlsFiles(pointer, { ca: config.clientCa, caKey: 'clientCa', cert: config.cert, key: config.key }, at)
  return config
}
