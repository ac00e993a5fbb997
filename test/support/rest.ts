import { request, sendRaw, type RawResponse } from './raw-http.js'

export interface JsonAnswer extends RawResponse {
  /** The body parsed; undefined where it is empty. */
  // Tests read into bodies of many shapes.
  readonly json: unknown
}

export interface CallOptions {
  /** Written as JSON; a string goes as it is. */
  readonly body?: unknown
  /** `Name: value` lines; a body's Content-Type is JSON unless given. */
  readonly headers?: readonly string[]
  /** For the answer, at most. */
  readonly waitMs?: number
}

/** One request on a connection of its own, its answer read as JSON. Nothing is sent that is not asked for. */
export async function callRest(
  port: number,
  method: string,
  target: string,
  { body, headers = [], waitMs = 10_000 }: CallOptions = {},
): Promise<JsonAnswer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const isTyped = text === undefined || headers.some((line) => /^content-type:/i.test(line))
  const lines = isTyped ? headers : [...headers, 'Content-Type: application/json']
  const answer = await sendRaw(port, request(method, target, lines, text), { isHead: method === 'HEAD', waitMs })
  const isJson = /^application\/(?:problem\+)?json$/.test(answer.headers.get('content-type') ?? '')
  return { ...answer, json: isJson && answer.body !== '' ? JSON.parse(answer.body) : undefined }
}
