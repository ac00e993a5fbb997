import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { echoConfig, encode, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { statusDetails } from '../support/grpc-status.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* Rulings: "Errors". What an upstream says is wrong, as the client sees it. */

let upstream: EchoUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway(echoConfig(upstream))
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

const failing = (answer: object, headers: readonly string[] = []): Promise<JsonAnswer> =>
  callRest(gateway.port, 'POST', '/v1/echo', { body: { answer }, headers })

describe('gRPC → HTTP', () => {
  test.each([
    { code: 1, status: 499 },
    { code: 2, status: 500 },
    { code: 3, status: 400 },
    { code: 4, status: 504 },
    { code: 5, status: 404 },
    { code: 6, status: 409 },
    { code: 7, status: 403 },
    { code: 8, status: 429 },
    { code: 9, status: 400 },
    { code: 10, status: 409 },
    { code: 11, status: 400 },
    { code: 12, status: 501 },
    { code: 13, status: 500 },
    { code: 14, status: 503 },
    { code: 15, status: 500 },
    { code: 16, status: 401 },
  ])('$code → $status', async ({ code, status }) => {
    const answer = await failing({ code, message: 'as the service says' })
    expect({ status: answer.status, json: answer.json }).toEqual({
      status,
      json: { code, message: 'as the service says', details: [] },
    })
  })

  test.each([17, 99, 2_147_483_647])('%i is no code: UNKNOWN, 500', async (code) => {
    expect(await failing({ code, message: 'm' })).toMatchObject({ status: 500, json: { code: 2, message: 'm' } })
  })

  test('the connection lives on', async () => {
    expect((await failing({ code: 13 })).headers.get('connection')).toBe('keep-alive')
    expect(upstream.calls).toBeGreaterThan(0)
  })
})

describe('grpc-message', () => {
  test.each([
    { name: 'none', sent: '', want: '' },
    { name: 'plain', sent: 'not found', want: 'not found' },
    { name: 'percent-encoded UTF-8', sent: 'gr%C3%BC%C3%9Fe %F0%9F%8E%88', want: 'grüße 🎈' },
    { name: 'an encoded line break', sent: 'a%0D%0Ab', want: 'a\r\nb' },
    { name: 'an encoded percent sign', sent: '100%25', want: '100%' },
    { name: 'a bad escape stays as it is', sent: '100% %zz', want: '100% %zz' },
    { name: 'quotes and markup', sent: '"</script>"', want: '"</script>"' },
  ])('$name', async ({ sent, want }) => {
    const { json } = await failing({ code: 5, message: sent })
    expect(json).toEqual({ code: 5, message: want, details: [] })
  })

  test('escapes that are not UTF-8 lose neither the error nor the rest of it', async () => {
    const { status, json } = await failing({ code: 5, message: 'a%FFb' })
    expect(status).toBe(404)
    expect((json as { message: string }).message).toMatch(/^a.+b$/)
  })
})

describe('details', () => {
  const type = (name: string): string => `type.googleapis.com/google.rpc.${name}`

  test('the usual ones are decoded, though no proto of ours imports them', async () => {
    const details = statusDetails(
      9,
      'm',
      ['ErrorInfo', { reason: 'R', domain: 'd', metadata: { k: 'v' } }],
      ['RetryInfo', { retry_delay: { seconds: 1, nanos: 500_000_000 } }],
      ['DebugInfo', { stack_entries: ['a'], detail: 'b' }],
      ['QuotaFailure', { violations: [{ subject: 's', description: 'd' }] }],
      ['PreconditionFailure', { violations: [{ type: 't', subject: 's', description: 'd' }] }],
      ['BadRequest', { field_violations: [{ field: 'a.b', description: 'd' }] }],
      ['RequestInfo', { request_id: 'r', serving_data: 's' }],
      ['ResourceInfo', { resource_type: 't', resource_name: 'n', owner: 'o', description: 'd' }],
      ['Help', { links: [{ description: 'd', url: 'u' }] }],
      ['LocalizedMessage', { locale: 'de', message: 'grüße' }],
    )
    expect((await failing({ code: 9, message: 'm', details })).json).toEqual({
      code: 9,
      message: 'm',
      details: [
        { '@type': type('ErrorInfo'), reason: 'R', domain: 'd', metadata: { k: 'v' } },
        { '@type': type('RetryInfo'), retryDelay: '1.500s' },
        { '@type': type('DebugInfo'), stackEntries: ['a'], detail: 'b' },
        { '@type': type('QuotaFailure'), violations: [{ subject: 's', description: 'd' }] },
        { '@type': type('PreconditionFailure'), violations: [{ type: 't', subject: 's', description: 'd' }] },
        { '@type': type('BadRequest'), fieldViolations: [{ field: 'a.b', description: 'd' }] },
        { '@type': type('RequestInfo'), requestId: 'r', servingData: 's' },
        { '@type': type('ResourceInfo'), resourceType: 't', resourceName: 'n', owner: 'o', description: 'd' },
        { '@type': type('Help'), links: [{ description: 'd', url: 'u' }] },
        { '@type': type('LocalizedMessage'), locale: 'de', message: 'grüße' },
      ],
    })
  })

  test('those of the service’s own types are decoded by its protos', async () => {
    const value = encode('Mishap', { what: 'w', count: '9007199254740993' })
    const details = statusDetails(5, 'm', { type_url: 'any.host/echo.v1.Mishap', value })
    expect((await failing({ code: 5, details })).json).toMatchObject({
      details: [{ '@type': 'any.host/echo.v1.Mishap', what: 'w', count: '9007199254740993' }],
    })
  })

  test.each([
    { name: 'a type nobody knows', type_url: 'type.googleapis.com/secret.v1.Thing', value: Buffer.from([1, 2, 255]) },
    { name: 'bytes that do not decode', type_url: type('ErrorInfo'), value: Buffer.from([0x0a, 0x7f]) },
    { name: 'a string that is not UTF-8', type_url: type('ErrorInfo'), value: Buffer.from([0x0a, 1, 0xff]) },
    {
      name: 'a Duration out of range',
      type_url: 'type.googleapis.com/google.protobuf.Duration',
      value: Buffer.from([0x08, 255, 255, 255, 255, 255, 255, 255, 255, 127]),
    },
    { name: 'no type at all', type_url: '', value: Buffer.from([1]) },
  ])('$name: {"@type", "value": base64}, beside the others', async ({ type_url, value }) => {
    const details = statusDetails(5, 'm', { type_url, value }, ['DebugInfo', { detail: 'x' }])
    expect(await failing({ code: 5, message: 'm', details })).toMatchObject({
      status: 404,
      json: {
        code: 5,
        message: 'm',
        details: [
          { '@type': type_url, value: value.toString('base64') },
          { '@type': type('DebugInfo'), detail: 'x' },
        ],
      },
    })
  })

  test.each([
    { name: 'not base64', details: '***' },
    { name: 'not a message', details: Buffer.from([0x0a, 0x7f, 1]).toString('base64') },
    { name: 'empty', details: '' },
    { name: 'padded base64', details: `${Buffer.from([0x08, 5]).toString('base64').replace(/=+$/, '')}==` },
  ])('grpc-status-details-bin that is $name never replaces the error', async ({ details }) => {
    expect(await failing({ code: 5, message: 'm', details })).toMatchObject({
      status: 404,
      json: { code: 5, message: 'm' },
    })
  })

  // Envoy, json_transcoder_filter_test.cc, TranscodingBinaryHeaderInTrailerOnlyResponse: `grpc-message: unused`
  test.each([
    {
      name: 'the message beside the details counts where the code is the same',
      said: 'Resource not found',
      is: 'Resource not found',
    },
    { name: 'no message beside the details leaves what grpc-message says', said: '', is: 'unused' },
  ])('$name', async ({ said, is }) => {
    const details = statusDetails(5, said, ['DebugInfo', { detail: 'x' }])
    expect(await failing({ code: 5, message: 'unused', details })).toMatchObject({
      status: 404,
      json: { code: 5, message: is, details: [{ detail: 'x' }] },
    })
  })

  test('another code beside the details does not count, nor does its message', async () => {
    const details = statusDetails(13, 'other', ['DebugInfo', { detail: 'x' }])
    expect(await failing({ code: 5, message: 'm', details })).toMatchObject({
      status: 404,
      json: { code: 5, message: 'm', details: [{ detail: 'x' }] },
    })
  })

  test('details and metadata do not come as headers too', async () => {
    const details = statusDetails(5, 'm', ['DebugInfo', { detail: 'x' }])
    const { headers } = await failing({ code: 5, message: 'm', details })
    expect([...headers.keys()].filter((name) => name.startsWith('grpc-'))).toEqual([])
  })

  test('in a problem document they are members beside code', async () => {
    const details = statusDetails(5, 'm', ['DebugInfo', { detail: 'x' }])
    const answer = await failing({ code: 5, message: 'm', details }, ['Accept: application/problem+json, */*;q=0.1'])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.json).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'm',
      code: 5,
      details: [{ '@type': type('DebugInfo'), detail: 'x' }],
    })
  })

  test('in protobuf they are what the service packed', async () => {
    const details = statusDetails(5, 'm', { type_url: 'a/b.C', value: Buffer.from([1, 2]) })
    const answer = await failing({ code: 5, message: 'm', details }, ['Accept: application/x-protobuf'])
    expect(answer.bytes.toString('base64')).toBe(details)
  })
})

describe('values that have no JSON', () => {
  test.each([
    {
      name: 'bytes that do not decode',
      raw: Buffer.from([0x0a, 0x7f]),
      status: 502,
      reason: 'MALFORMED_UPSTREAM_MESSAGE',
    },
    {
      name: 'a string that is not UTF-8',
      raw: Buffer.from([0x0a, 1, 0xff]),
      status: 502,
      reason: 'MALFORMED_UPSTREAM_MESSAGE',
    },
    {
      name: 'a Timestamp out of range',
      raw: encode('EchoResponse', { some_time: { seconds: '253402300800' } }),
      status: 500,
      reason: 'UNREPRESENTABLE_VALUE',
    },
    {
      name: 'an Any of a type nobody knows',
      raw: encode('EchoResponse', { any: { type_url: 'a/b.C', value: Buffer.of(1) } }),
      status: 500,
      reason: 'UNREPRESENTABLE_VALUE',
    },
  ])('$name: $status $reason', async ({ raw, status, reason }) => {
    const answer = await failing({ raw: raw.toString('base64') })
    expect(answer).toMatchObject({ status, json: { code: 13 } })
    expect(JSON.stringify(answer.json)).toContain(`"reason":"${reason}"`)
    expect((await failing({})).status).toBe(200)
  })

  test('an enum value without a name is its number', async () => {
    const answer = await failing({ raw: encode('EchoResponse', { mood: 7 }).toString('base64') })
    expect(answer.json).toEqual({ mood: 7 })
  })

  test('no message at all is the empty one', async () => {
    expect((await callRest(gateway.port, 'GET', '/v1/raw')).bytes).toHaveLength(0)
  })
})
