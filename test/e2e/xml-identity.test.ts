import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { RawConnection, request, type RawResponse } from '../support/raw-http.js'
import { messageJson } from '../transcode/arbitraries.js'
import { Book, Editions, Proto3, Request } from '../transcode/support.js'

/*
 * JSON → XML → JSON through two real requests is the identity, over random messages: the upstream sends back the bytes that
 * it gets, so one request turns JSON into XML, and another turns that back.
 */

const RUNS = Math.min(Number(process.env['TRANSCODE_RUNS'] ?? 100), 4000) / 4
const JSON_TYPE = 'application/json'
const XML = 'application/xml'
/** What XML cannot hold, as JSON text may have it. */
const UNWRITABLE = /[\ufffe\uffff]|\\[bf]|\\u00(?:0[0-8bcef]|1.)|\\uff[ef][ef]/i

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const project = new Project({
  'echo/echo.proto': `syntax = "proto3";
package echo.v1;
import "google/api/annotations.proto";
import "all_types_proto3.proto";
import "all_types_edition2023.proto";
import "library.proto";
message Any {
  protobridge.test.proto3.AllTypes proto3 = 1;
  protobridge.test.editions.AllTypes editions = 2;
  protobridge.test.library.Request request = 3;
  protobridge.test.library.Book book = 4;
}
service EchoService {
  rpc Echo(Any) returns (Any) {
    option (google.api.http) = {
      post: "/v1/whole" body: "*"
      additional_bindings { post: "/v1/proto3" body: "proto3" response_body: "proto3" }
      additional_bindings { post: "/v1/editions" body: "editions" response_body: "editions" }
      additional_bindings { post: "/v1/request" body: "request" response_body: "request" }
      additional_bindings { post: "/v1/book" body: "book" response_body: "book" }
    };
  }
}
`,
})

let upstream: EchoUpstream
let gateway: TestGateway
let connection: RawConnection
beforeAll(async () => {
  upstream = await startEchoUpstream()
  const roots = [project.path, folder('../transcode/fixtures'), folder('../../protos')]
  gateway = await startGateway({
    schema: [{ protos: ['echo/echo.proto'], roots }],
    upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'] } },
  })
  connection = new RawConnection(gateway.port)
})
afterAll(async () => {
  connection.destroy()
  await gateway.stop()
  upstream.stop()
  project.remove()
})

function send(path: string, type: string, accept: string, body: string | Buffer): Promise<RawResponse> {
  const bytes = Buffer.from(body)
  const headers = [`Content-Type: ${type}`, `Accept: ${accept}`, `Content-Length: ${bytes.length}`]
  return connection.write(Buffer.concat([Buffer.from(request('POST', path, headers)), bytes])).response()
}

const TYPES = [
  { name: 'proto3', desc: Proto3 },
  { name: 'editions', desc: Editions },
  { name: 'request', desc: Request },
  { name: 'book', desc: Book },
]

describe('JSON → XML → JSON through two real requests is the identity', () => {
  test.each(
    TYPES.flatMap(({ name, desc }) => [
      { what: `${desc.typeName} as a field`, path: `/v1/${name}`, desc, wrap: (json: string) => json },
      {
        what: `${desc.typeName} in a whole body`,
        path: '/v1/whole',
        desc,
        wrap: (json: string) => `{"${name}":${json}}`,
      },
    ]),
  )('$what', async ({ path, desc, wrap }) => {
    await fc.assert(
      fc.asyncProperty(
        messageJson(desc, 3).filter((json) => !UNWRITABLE.test(json)),
        async (json) => {
          const sent = await send(path, JSON_TYPE, JSON_TYPE, wrap(json))
          expect({ status: sent.status, body: sent.body }).toMatchObject({ status: 200 })
          const asXml = await send(path, JSON_TYPE, XML, sent.bytes)
          expect({ status: asXml.status, type: asXml.headers.get('content-type') }).toEqual({ status: 200, type: XML })
          const back = await send(path, XML, JSON_TYPE, asXml.bytes)
          expect({ status: back.status, body: back.body }).toEqual({ status: 200, body: sent.body })
        },
      ),
      { numRuns: RUNS },
    )
  })
})
