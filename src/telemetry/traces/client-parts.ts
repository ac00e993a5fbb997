import { Code, codeName } from '../../status/index.js'
import type { ClientAttributes } from './attributes.js'
import { ERROR, UNSET, type SpanParts } from './recorded-span.js'
import { CLIENT, SAMPLED, type ClientRecord, type EventRecord } from './span-record.js'
import { milliseconds } from './span-row.js'

const NOTHING: readonly never[] = []

/** The span of an attempt. @param saysOldNames names too that the conventions had before 1.38 */
export function clientParts(record: ClientRecord, saysOldNames: boolean): SpanParts {
  const { traceId, spanId, parentId, rpcMethod, code, message } = record
  return {
    name: rpcMethod,
    kind: CLIENT,
    context: { traceId, spanId, traceFlags: SAMPLED },
    parent: { traceId, spanId: parentId, traceFlags: SAMPLED },
    startMs: startMsOf(record),
    endMs: endMsOf(record),
    status: code === Code.Ok ? UNSET : { code: ERROR, message },
    attributes: clientAttributes(record, saysOldNames),
    links: NOTHING,
    events: record.hasEjected ? [ejection(record)] : NOTHING,
    droppedEvents: 0,
  }
}

function startMsOf({ requestStartMs, startNs }: ClientRecord): number {
  return requestStartMs + milliseconds(startNs)
}

function endMsOf({ requestStartMs, startNs, durationNs }: ClientRecord): number {
  return requestStartMs + milliseconds(startNs + durationNs)
}

function ejection(record: ClientRecord): EventRecord {
  const attributes = { 'network.peer.address': record.address }
  return { name: 'endpoint.ejected', atMs: endMsOf(record), attributes }
}

function clientAttributes(record: ClientRecord, saysOldNames: boolean): ClientAttributes {
  const { rpcMethod, host, port, socketPath, code } = record
  const name = codeName(code)
  const attributes: ClientAttributes = {
    'rpc.system.name': 'grpc',
    'rpc.method': rpcMethod,
    'rpc.response.status_code': name,
    'server.address': record.serverAddress ?? socketPath ?? host,
    'network.peer.address': socketPath ?? host,
    'protobridge.upstream': record.upstream,
  }
  if (socketPath === undefined) {
    attributes['server.port'] = record.serverPort ?? port
    attributes['network.peer.port'] = port
  } else attributes['network.transport'] = 'unix'
  if (code !== Code.Ok) {
    attributes['error.type'] = name
    if (record.isLocal) attributes['protobridge.status.origin'] = 'local'
  }
  if (record.previousAttempts > 0) attributes['protobridge.previous_attempts'] = record.previousAttempts
  if (record.isCopy) attributes['protobridge.mirrored'] = true
  if (saysOldNames) {
    attributes['rpc.system'] = 'grpc'
    attributes['rpc.service'] = rpcMethod.slice(0, rpcMethod.indexOf('/'))
    attributes['rpc.grpc.status_code'] = code
  }
  return attributes
}
