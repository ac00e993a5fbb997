import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'

/*
 * What the tests of other gateways ask of path, query and body together, over HTTP. The upstream gives back the bytes it gets, so
 * the answer is the request message. Where peers disagree the ruling is ours, and the row says so.
 */

const PROTO = `syntax = "proto3";
package echo.v1;
import "google/api/annotations.proto";
import "google/api/httpbody.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message In {
  string a = 1; int32 b = 2; In deep = 3;
  oneof kind { string x = 4; string y = 5; In z = 6; }
  google.protobuf.StringValue text = 7; optional string maybe = 8;
}
message Everything {
  oneof choice { In in = 1; bool flag = 2; string text = 3; google.protobuf.Int32Value number = 4; }
  In plain = 5;
  google.api.HttpBody file = 6;
  google.protobuf.Timestamp at = 7;
  google.protobuf.Duration within = 8;
  // "b" is the JSON name of one field and the name of another.
  int32 a = 9 [json_name = "b"]; int32 b = 10 [json_name = "a"]; int32 c = 11 [json_name = "d"];
  string field_name = 12 [json_name = "json_customized_name"]; string hiding = 13 [json_name = "field_name"];
  string id = 14 [json_name = "ID"];
}
service EchoService {
  rpc Echo(Everything) returns (Everything) {
    option (google.api.http) = {
      get: "/q"
      additional_bindings { post: "/all" body: "*" }
      additional_bindings { post: "/in" body: "in" }
      additional_bindings { post: "/number" body: "number" }
      additional_bindings { get: "/in/{in.a}" }
      additional_bindings { post: "/all/in/{in.a}" body: "*" }
      additional_bindings { post: "/in/in/{in.a}" body: "in" }
      additional_bindings { post: "/all/text/{text}" body: "*" }
      additional_bindings { post: "/in/text/{text}" body: "in" }
      additional_bindings { post: "/plain/x/{plain.x}" body: "plain" }
      additional_bindings { post: "/plain/deep/{plain.deep.a}" body: "plain" }
      additional_bindings { post: "/plain/z/{plain.z.a}" body: "*" }
      additional_bindings { post: "/plain/text/{plain.text}" body: "plain" }
      additional_bindings { post: "/plain/{plain.a}/{plain.b}" body: "plain" }
      additional_bindings { get: "/a/{a}" }
      additional_bindings { get: "/at/{at}/{within}" }
      additional_bindings { post: "/at/{at}:get" }
      additional_bindings { get: "/v/{id=**}" }
      additional_bindings { get: "/v/{id=**}:verb" }
      additional_bindings { get: "/v/{id=**}:verb2" }
    };
  }
}
`

let upstream: EchoUpstream
let project: Project
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = new Project({ 'protos/peers.proto': PROTO })
  gateway = await startGateway({
    schema: [{ protos: ['peers.proto'], roots: [`${project.path}/protos`] }],
    upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'] } },
  })
})
afterAll(async () => {
  await gateway.stop()
  upstream.stop()
  project.remove()
})

interface Row {
  readonly what: string
  /** `METHOD /target` */
  readonly line: string
  readonly body?: unknown
  /** The message, or the reason of a 400. */
  readonly is: object | string
}

const NOW = '2026-12-01T03:40:12.123456Z'
const NESTED_TWICE = { deep: { b: 4, deep: { a: '2' } } }

const PEERS: Readonly<Record<string, readonly Row[]>> = {
  'grpc-gateway, testdata/v1/nested_body_oneof.proto, and TestPopulateParameters': [
    { what: 'the body is a member', line: 'POST /in', body: { a: 'x' }, is: { in: { a: 'x' } } },
    { what: 'and the query names another', line: 'POST /in?flag=true', body: { a: 'x' }, is: 'ONEOF_CONFLICT' },
    { what: 'the body is empty', line: 'POST /in?flag=true', is: { flag: true } },
    { what: 'or null', line: 'POST /in?flag=true', body: 'null', is: { flag: true } },
    { what: 'a wrapper that is a member', line: 'POST /number?flag=true', body: '5', is: 'ONEOF_CONFLICT' },
    { what: 'members of a member', line: 'GET /in/a?in.x=1&in.z.a=1', is: 'ONEOF_CONFLICT' },
    { what: 'one member twice over', line: 'GET /in/a?in.z.a=3&in.z.b=1', is: { in: { a: 'a', z: { a: '3', b: 1 } } } },
  ],
  'ASP.NET, a oneof’s sibling in the query clears what the route has bound': [
    { what: 'the route a field of one, the query another', line: 'GET /in/a?flag=true', is: 'ONEOF_CONFLICT' },
    { what: 'both of one', line: 'GET /in/a?in.b=3', is: { in: { a: 'a', b: 3 } } },
    { what: 'the body another', line: 'POST /all/in/a', body: { flag: true }, is: 'ONEOF_CONFLICT' },
    { what: 'another that is null', line: 'POST /all/in/a', body: { flag: null }, is: { in: { a: 'a' } } },
    { what: 'the same that is null', line: 'POST /all/in/a', body: { in: null }, is: { in: { a: 'a' } } },
    { what: 'the body a message of it', line: 'POST /all/text/t', body: { in: {} }, is: 'ONEOF_CONFLICT' },
    { what: 'the body is the other', line: 'POST /in/text/t', body: { a: 'x' }, is: 'ONEOF_CONFLICT' },
    { what: 'and is empty', line: 'POST /in/text/t', is: { text: 't' } },
    { what: 'route, body and query', line: 'POST /in/in/a?flag=true', body: { b: 1 }, is: 'ONEOF_CONFLICT' },
    { what: 'inside the body field', line: 'POST /plain/x/1', body: { y: '2' }, is: 'ONEOF_CONFLICT' },
    { what: 'a message inside it', line: 'POST /plain/z/1', body: { plain: { x: '2' } }, is: 'ONEOF_CONFLICT' },
  ],
  // ESP lets the body win, or refuses (`reject_binding_body_field_collisions`): an equal value is fine, another is refused.
  'grpc-httpjson-transcoding, RequestWeaverTest': [
    { what: 'CollisionIgnored', line: 'POST /plain/deep/1', body: { deep: { a: '2' } }, is: 'FIELD_BOUND_TWICE' },
    {
      what: 'Level2Bindings',
      line: 'POST /plain/deep/1',
      body: NESTED_TWICE,
      is: { plain: { deep: { a: '1', ...NESTED_TWICE.deep } } },
    },
    {
      what: 'Level2WeaveNewSubTree',
      line: 'POST /plain/deep/1',
      body: { b: 2 },
      is: { plain: { b: 2, deep: { a: '1' } } },
    },
    {
      what: 'a subtree that is null',
      line: 'POST /plain/deep/1',
      body: { deep: null },
      is: { plain: { deep: { a: '1' } } },
    },
    {
      what: 'the same, spelled otherwise',
      line: 'POST /plain/1/2',
      body: { a: '1', b: '2.0' },
      is: { plain: { a: '1', b: 2 } },
    },
    { what: 'the default is another', line: 'POST /plain/1/2', body: { b: 0 }, is: 'FIELD_BOUND_TWICE' },
    { what: 'a wrapper', line: 'POST /plain/text/1', body: { text: '2' }, is: 'FIELD_BOUND_TWICE' },
    { what: 'a wrapper that is null', line: 'POST /plain/text/1', body: { text: null }, is: { plain: { text: '1' } } },
  ],
  'ASP.NET, JsonNamePriority: a JSON name goes before a field’s own': [
    { what: 'in JSON', line: 'POST /all', body: { b: 10, a: 20, d: 30 }, is: { b: 10, a: 20, d: 30 } },
    { what: 'FieldNameFallback', line: 'POST /all', body: { b: 10, a: 20, c: 30 }, is: { b: 10, a: 20, d: 30 } },
    { what: 'in the query', line: 'GET /q?b=10&a=20&c=30', is: { b: 10, a: 20, d: 30 } },
    { what: 'a template names fields', line: 'GET /a/5', is: { b: 5 } },
    { what: 'which are bound', line: 'GET /a/5?b=5', is: 'FIELD_BOUND_TWICE' },
    { what: 'the other is another', line: 'GET /a/5?a=6', is: { b: 5, a: 6 } },
    { what: 'HidingJsonName', line: 'GET /q?field_name=x', is: { field_name: 'x' } },
    { what: 'NonJsonName', line: 'GET /q?hiding=x', is: { field_name: 'x' } },
    { what: 'both', line: 'GET /q?hiding=x&field_name=y', is: 'REPEATED_PARAMETER' },
  ],
  'Armeria, HttpJsonTranscodingServiceTest and its verbs': [
    {
      what: 'shouldAcceptRfc3339TimeFormatAndDuration',
      line: `GET /at/${NOW}/1.000340012s`,
      is: { at: NOW, within: '1.000340012s' },
    },
    { what: 'shouldAcceptRfc3339TimeFormat', line: `POST /at/${NOW}:get`, is: { at: NOW } },
    { what: 'no verb', line: 'GET /v/a/b', is: { ID: 'a/b' } },
    { what: 'a verb', line: 'GET /v/a/b:verb', is: { ID: 'a/b' } },
    { what: 'a longer one', line: 'GET /v/a/b:verb2', is: { ID: 'a/b' } },
    { what: 'one that no route has', line: 'GET /v/a/b:verb3', is: { ID: 'a/b:verb3' } },
    { what: 'an escaped colon begins none', line: 'GET /v/a/b%3Averb', is: { ID: 'a/b:verb' } },
  ],
  'Envoy, TranscodingUnaryPostWithNestedHttpBody': [
    {
      what: 'its fields in the query',
      line: 'GET /q?file.data=aGkh&file.content_type=a/b',
      is: { file: { contentType: 'a/b', data: 'aGkh' } },
    },
    { what: 'not base64', line: 'GET /q?file.data=oops%7b', is: 'MALFORMED_PARAMETER' },
  ],
}

describe.each(Object.entries(PEERS))('%s', (_peer, rows) => {
  test.each(rows)('$what: $line', async ({ line, body, is }) => {
    const [method, target] = line.split(' ') as [string, string]
    const answer = await callRest(gateway.port, method, target, body === undefined ? {} : { body })
    if (typeof is === 'string') {
      const { details } = answer.json as { readonly details: readonly { readonly reason?: string }[] }
      expect([answer.status, details[0]?.reason]).toEqual([400, is])
    } else {
      expect([answer.status, answer.json]).toEqual([200, is])
    }
  })
})
