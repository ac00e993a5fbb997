import { afterEach, describe, expect, test } from '@jest/globals'
import { protobridge } from '../support/command.js'
import { startExamples } from '../support/example-servers.js'
import { echoProject, ECHO_PROTO } from '../support/echo-project.js'
import { Project } from '../support/project.js'

let project: Project
afterEach(() => project.remove())

const TARGET = 'static:///127.0.0.1:1'

async function check(): Promise<{ code: number | undefined; lines: string[] }> {
  const { code, stdout, stderr } = await protobridge(['check', '--config', 'gw.yaml'], { cwd: project.path })
  if (code !== 0) expect(stdout).toBe('')
  return { code, lines: stderr.split('\n').filter((line) => line !== '') }
}

const RULES = `syntax = "proto3";
package good.v1;
import "google/api/annotations.proto";
message M { string name = 1; }
service Good {
  rpc Misspelt(M) returns (M) { option (google.api.http) = { get: "/v1/{nmae}" }; }
  rpc Unclosed(M) returns (M) { option (google.api.http) = { get: "/v1/{name" }; }
  rpc First(M) returns (M) { option (google.api.http) = { get: "/v1/x/{name}" }; }
  rpc Second(M) returns (M) { option (google.api.http) = { get: "/v1/x/{name=*}" }; }
  rpc Mapped(M) returns (M);
}
`
const BROKEN = `syntax = "proto3";
package broken.v1;
import "google/api/annotations.proto";
message N { string name = 1 }
service Broken { rpc One(N) returns (N); }
`

describe('check', () => {
  test('a configuration without errors: exit 0, and what is served', async () => {
    project = echoProject(TARGET)
    expect(await check()).toEqual({
      code: 0,
      lines: [`upstream echo (${TARGET}): 3 routes to 2 methods`],
    })
  })

  test('every error at once, wherever it is: none hides another', async () => {
    project = new Project({
      'gw.yaml': `listen: { port: 0 }
dran: 5s
schema:
  - { protos: ["good/*.proto"], roots: [protos] }
  - { protos: ["broken/*.proto"], roots: [protos] }
mappings: ["maps/*.yaml", "missing/*.yaml"]
upstreams:
  good: { target: "pigeon:///a", services: ["good.v1.*", "good.v1.Godo.*"] }
  broken: { target: "${TARGET}", services: ["broken.v1.*"], prefix: "no-slash" }
policies:
  - { select: "good.v1.Good.Frist", timeout: 3s }
  - { select: "broken.v1.Broken.One", timeout: 3 }
`,
      'protos/good/good.proto': RULES,
      'protos/broken/broken.proto': BROKEN,
      'maps/a.yaml': `type: google.api.Service
http:
  rules:
    - { selector: good.v1.Good.Maped, get: /v1/mapped }
    - { selector: good.v1.Good.Mapped, get: "/v1/mapped/{name", body: "*" }
    - { selector: broken.v1.Broken.One, get: /v1/broken }
`,
    })
    const { code, lines } = await check()
    expect(code).toBe(1)
    expect(lines.map((line) => /^(\S+:\d+:\d+): (.*?)(?:: |$)/.exec(line)?.slice(1).join(' '))).toEqual([
      'gw.yaml:2:1 unknown key "dran" (dran)',
      'gw.yaml:8:19 unknown scheme "pigeon"',
      'gw.yaml:9:81 "no-slash" does not begin with "/" (upstreams.broken.prefix)',
      'gw.yaml:12:48 3 is not a duration (policies[1].timeout)',
      'protos/broken/broken.proto:4:29 expected `;` after a field, found `}`',
      'gw.yaml:6:27 no mapping file matches missing/*.yaml (mappings)',
      'maps/a.yaml:4:19 the selector matches no method (good.v1.Good.Maped)',
      'maps/a.yaml:5:45 path template "/v1/mapped/{name"',
      'protos/good/good.proto:6:67 path variable {nmae}',
      'protos/good/good.proto:7:67 path template "/v1/{name"',
      'gw.yaml:8:58 selector "good.v1.Godo.*" matches no method (good.v1.Godo.*)',
      'gw.yaml:11:15 selector "good.v1.Good.Frist" matches no method (good.v1.Good.Frist)',
      'protos/good/good.proto:9:65 GET /v1/x/{name=*} is bound to good.v1.Good.First already, at protos/good/good.proto:8:64 (good.v1.Good.Second)',
    ])
  })

  test.each([
    {
      name: 'an unset variable as a target',
      yaml: 'schema: [{ protos: ["good/*.proto"], roots: [protos] }]\nupstreams: { a: { target: "${NOT_SET}", services: ["good.v1.*"] } }\n',
      first: /^gw\.yaml:2:27: the environment variable NOT_SET is not set \(upstreams\.a\.target\)/,
    },
    {
      name: 'a certificate that is not there',
      yaml: `schema: [{ protos: ["good/*.proto"], roots: [protos] }]\nupstreams: { a: { target: "${TARGET}", tls: { ca: ca.pem }, services: ["good.v1.*"] } }\n`,
      first: /^gw\.yaml:2:\d+: "ca\.pem" cannot be read: it does not exist \(upstreams\.a\.tls\.ca\)/,
    },
    {
      name: 'a descriptor set that is not there',
      yaml: `schema: [{ protos: ["good/*.proto"], roots: [protos] }, { descriptors: no.binpb }]\nupstreams: { a: { target: "${TARGET}", services: ["good.v1.*", "other.v1.*"] } }\n`,
      first: /^gw\.yaml:1:\d+: "no\.binpb" cannot be read: it does not exist \(schema\[1\]\.descriptors\)/,
    },
    {
      name: 'reflection of an upstream that is not there',
      yaml: `schema: [{ protos: ["good/*.proto"], roots: [protos] }, { reflection: b }]\nupstreams: { a: { target: "${TARGET}", services: ["good.v1.*", "other.v1.*"] } }\n`,
      first: /^gw\.yaml:1:\d+: no upstream is named "b" \(schema\[1\]\.reflection\)/,
    },
  ])('$name hides nothing of the protos, and seems to make nothing else wrong', async ({ yaml, first }) => {
    project = new Project({ 'gw.yaml': yaml, 'protos/good/good.proto': RULES })
    const { code, lines } = await check()
    expect(code).toBe(1)
    expect(lines[0]).toMatch(first)
    expect(lines.slice(1).map((line) => line.split(': ')[0])).toEqual([
      'protos/good/good.proto:6:67',
      'protos/good/good.proto:7:67',
      'protos/good/good.proto:9:65',
    ])
  })

  test('files of keys and users that are not named are each told once', async () => {
    project = echoProject(
      TARGET,
      `auth:
  providers:
    b: { apiKey: { header: x-key } }
    c: { basic: {} }
policies: [{ select: "*", auth: { any: [b, c] } }]`,
    )
    const { code, lines } = await check()
    expect([code, lines.map((line) => line.replace(/^gw\.yaml:\d+:\d+: /, ''))]).toEqual([
      1,
      ['"file" is missing (auth.providers.b.apiKey): add it', '"file" is missing (auth.providers.c.basic): add it'],
    ])
  })

  test('an expression that is wrong for many methods is told of once, and of each kind of request', async () => {
    project = new Project({
      'gw.yaml': `schema: [{ protos: ["*.proto"], autoMap: true }]
upstreams: { a: { target: "${TARGET}", services: ["*"] } }
policies: [{ select: "*", limits: [{ name: one, rate: 1/s, cost: "1 +" }, { name: two, rate: 1/s, cost: "request.size" }] }]
`,
      'many.proto': `syntax = "proto3";
package many.v1;
message M { string name = 1; }
message N { int32 size = 1; }
message O { string name = 1; }
service Many { rpc A(M) returns (M); rpc B(M) returns (M); rpc C(N) returns (N); rpc D(O) returns (M); rpc E(O) returns (M); }
`,
    })
    const { code, lines } = await check()
    expect([code, lines.map((line) => /^gw\.yaml:3:\d+: (.*?): it is CEL/.exec(line)?.[1])]).toEqual([
      1,
      [
        expect.stringMatching(/^the expression cannot be used: it is no expression: .* \(many\.v1\.Many\.A\)$/),
        'the expression cannot be used: many.v1.M has no field size (many.v1.Many.A)',
        'the expression cannot be used: many.v1.O has no field size (many.v1.Many.D)',
      ],
    ])
  })

  test('protos that cannot be read are told as files are, and hide nothing', async () => {
    project = new Project({
      'gw.yaml': `schema: [{ protos: ["*/*.proto"], roots: [protos] }]
upstreams: { a: { target: "${TARGET}", services: ["good.v1.*"] } }
`,
      'protos/good/good.proto': RULES,
      'protos/wide/wide.proto': Buffer.from(`\ufeff${BROKEN}`, 'utf16le'),
      'protos/dots/dots.proto': 'syntax = "proto3"; import "./good/good.proto"; import "../dots/nothing.proto";',
    })
    const { code, lines } = await check()
    expect(code).toBe(1)
    expect(lines).toContain(
      'protos/wide/wide.proto:0:0: cannot be read: it is UTF-16, not UTF-8: make it readable, in UTF-8',
    )
    expect(lines).toContain(
      'protos/dots/dots.proto:1:20: import "./good/good.proto" is not found: write "good/good.proto": the names of imports begin below a root',
    )
    expect(lines).toContain(
      'protos/dots/dots.proto:1:48: import "../dots/nothing.proto" is not found: it was looked for in protos, the protos that come with protobridge',
    )
    expect(lines.filter((line) => line.startsWith('protos/good'))).toHaveLength(3)
  })

  test('what files hold that a terminal would obey is shown, not done', async () => {
    project = echoProject(TARGET, 'policies: [{ select: "a\\e[31m\\u202e\\r\\nb: all is well", timeout: 5s }]')
    const { code, lines } = await check()
    expect([code, lines.length]).toEqual([1, 1])
    expect(lines[0]).toContain(String.raw`"a\u001b[31m\u202e b: all is well" is not a qualified name`)
  })

  test('files of keys, users and key sets that are not there are each told once', async () => {
    const missing = 'cannot be read: it does not exist'
    const advice = 'give a path that is there and readable, absolute or relative to the configuration file'
    project = echoProject(
      TARGET,
      `auth:
  providers:
    a: { jwt: { issuer: https://idp.example, jwks: jwks.json } }
    b: { apiKey: { header: x-key, file: keys.yaml } }
    c: { basic: { file: users.yaml } }
policies: [{ select: "*", auth: { any: [a, b, c] } }]`,
    )
    const { code, lines } = await check()
    expect([code, lines.map((line) => line.replace(/^gw\.yaml:\d+:\d+: /, ''))]).toEqual([
      1,
      [
        `"jwks.json" ${missing} (auth.providers.a.jwt.jwks): ${advice}`,
        `"keys.yaml" ${missing} (auth.providers.b.apiKey.file): ${advice}`,
        `"users.yaml" ${missing} (auth.providers.c.basic.file): ${advice}`,
      ],
    ])
  })

  test('what is wrong in a file of keys or users has its place there, named as other files are', async () => {
    project = echoProject(
      TARGET,
      `auth:
  providers:
    a: { jwt: { issuer: https://idp.example, jwks: jwks.json } }
    b: { apiKey: { header: x-key, file: keys.yaml } }
policies: [{ select: "*", auth: {} }]`,
    )
    project.write('jwks.json', '{')
    project.write('keys.yaml', 'keys: []\nkyes: []\n')
    const { code, lines } = await check()
    expect(code).toBe(1)
    expect(lines[0]).toMatch(/^gw\.yaml:\d+:\d+: the key set jwks\.json cannot be used: /)
    expect(lines[1]).toMatch(/^keys\.yaml:1:1: a file of keys has one key, "keys", with a list: /)
    expect(lines).toHaveLength(2)
  })

  test('an upstream that is away, whose reflection is the schema: told at the place that names it', async () => {
    project = new Project({
      'gw.yaml': `schema: [{ reflection: a }]\nupstreams: { a: { target: "dns:///127.0.0.1:1", services: ["x.v1.*"] } }\nmappings: [m.yaml]\n`,
      'm.yaml': 'http: { rules: [{ selector: x.v1.Y.Z, get: /v1/{ }] }\n',
    })
    const { code, lines } = await check()
    expect(code).toBe(1)
    expect(lines[0]).toMatch(
      /^gw\.yaml:1:\d+: reflection of a: .*no connection to the upstream \(connect ECONNREFUSED 127\.0\.0\.1:1\) \(a\): start the upstream with server reflection/,
    )
  })

  test('warnings and counts do not refuse', async () => {
    project = echoProject(TARGET)
    project.write(
      'protos/echo/echo.proto',
      ECHO_PROTO.replace('  rpc Hold', '  rpc Plain(Text) returns (Text);\n  rpc Hold').replace(
        'post: "/v1/echo" body: "*"',
        'get: "/v1/echo/{text}"',
      ),
    )
    const { code, lines } = await check()
    expect(code).toBe(0)
    expect(lines).toEqual([
      expect.stringMatching(/^warning: protos\/echo\/echo\.proto:7:\d+: GET \/v1\/echo\/\{text\} repeats the binding/),
      `upstream echo (${TARGET}): 2 routes to 2 methods`,
      '1 method has no HTTP rule: add a mapping file, or set autoMap',
    ])
  })

  test('--target asks the server itself', async () => {
    project = new Project()
    const servers = await startExamples()
    try {
      const { code, stderr } = await protobridge(['check', '--target', `dns:///${servers.inventory}`])
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `upstream upstream (dns:///${servers.inventory}): 12 routes to 12 methods\n`,
      })
    } finally {
      await servers.stop()
    }
  })
})
