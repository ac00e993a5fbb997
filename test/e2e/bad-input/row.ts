import { request } from '../../support/raw-http.js'

/** One wrong request and the answer it gets. */
export interface Row {
  readonly name: string
  /** Bytes on the wire, one character each. */
  readonly send: string
  readonly status: number
  /** google.rpc.Status.code; 3 where left out. */
  readonly code?: number
  /** google.rpc.ErrorInfo.reason. */
  readonly reason: string
  /** google.rpc.BadRequest.FieldViolation.field. */
  readonly field?: string
  readonly header?: readonly [name: string, value: string]
  /** The connection does not outlive the answer. */
  readonly closes?: true
}

export const JSON_TYPE = 'Content-Type: application/json'
export const SHELVES = '/v1/shelves'

export const get = (target: string, ...headers: string[]): string => request('GET', target, headers)

/** A request with a JSON body. */
export const send = (method: string, target: string, body: string, ...headers: string[]): string =>
  request(method, target, [JSON_TYPE, ...headers], body)

/** POST /v1/shelves with headers and body as given, nothing added. */
export const post = (headers: readonly string[], body = ''): string =>
  [`POST ${SHELVES} HTTP/1.1`, 'Host: a', JSON_TYPE, ...headers, '', body].join('\r\n')
