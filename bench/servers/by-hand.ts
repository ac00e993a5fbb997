import type { IncomingMessage, ServerResponse } from 'node:http'

/** What the servers written by hand have in common: which call a request becomes, and a constant answer. */

const BODY = Buffer.from(
  JSON.stringify({ id: '1', title: 'A title of usual length', revision: '42', tags: ['a', 'b'] }),
)
const REQUEST = Buffer.from([0x0a, 0x01, 0x31])

export function pathFor(req: IncomingMessage): string {
  return req.method === 'POST' ? '/bench.v1.EchoService/CreateItem' : '/bench.v1.EchoService/GetItem'
}

/** For a POST a message of the body's size: field 6 of the item, its text. */
export function messageFor(req: IncomingMessage, chunks: readonly Buffer[]): Buffer {
  if (req.method !== 'POST') return REQUEST
  const body = Buffer.concat(chunks)
  const length = body.length < 0x80 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7]
  return Buffer.concat([Buffer.from([0x32, ...length]), body])
}

export function answer(res: ServerResponse, isOk: boolean): void {
  res.writeHead(isOk ? 200 : 500, { 'content-type': 'application/json', 'content-length': BODY.length })
  res.end(BODY)
}
