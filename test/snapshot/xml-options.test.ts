import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openGateway } from '../../src/gateway/index.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'protobridge-xml-options-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('an XML option that cannot be followed refuses the load, with its place', async () => {
  writeFileSync(
    join(folder, 'shop.proto'),
    `syntax = "proto3";
package shop;
import "protobridge/xml.proto";
message Order {
  repeated string lines = 1 [(protobridge.xml).attribute = true];
}
service Shop { rpc Get(Order) returns (Order); }
`,
  )
  const config = {
    schema: [{ protos: ['shop.proto'], roots: [folder], autoMap: true }],
    upstreams: { shop: { target: 'static:///127.0.0.1:1', services: ['shop.*'] } },
  }
  await expect(openGateway({ kind: 'object', value: config })).rejects.toThrow(
    /shop\.proto:4:\d+: .*attribute.* \(shop\.Order\.lines\)/,
  )
})
