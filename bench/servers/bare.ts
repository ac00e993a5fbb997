import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { beMeasured } from './measured.js'

/** The floor: node:http that reads a body, if any, and answers a constant. TLS is JSON of its certificate's files; default: without. */
const { TLS } = process.env
const BODY = Buffer.from(JSON.stringify({ id: '1', title: 'A title of usual length', revision: '42' }))

const answer: RequestListener = (req, res) => {
  req
    .on('data', () => undefined)
    .on('end', () => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY)
    })
}

const server = TLS === undefined ? createServer(answer) : createSecureServer(readFiles(TLS), answer)
server.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))

function readFiles(json: string): { cert: Buffer; key: Buffer } {
  const { cert, key } = JSON.parse(json) as { cert: string; key: string }
  return { cert: readFileSync(cert), key: readFileSync(key) }
}
