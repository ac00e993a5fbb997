import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beMeasured } from './measured.js'

/** The floor: node:http that reads a body, if any, and answers a constant. */
const BODY = Buffer.from(JSON.stringify({ id: '1', title: 'A title of usual length', revision: '42' }))

const server = createServer((req, res) => {
  req
    .on('data', () => undefined)
    .on('end', () => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY)
    })
})
server.listen(0, '127.0.0.1', () => beMeasured((server.address() as AddressInfo).port))
