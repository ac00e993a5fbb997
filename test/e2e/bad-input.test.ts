import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { startExampleGateway, type TestGateway } from '../support/gateway.js'
import { RawConnection, request, sendRaw, type RawResponse } from '../support/raw-http.js'
import { BINDING } from './bad-input/binding.js'
import { CONTENT } from './bad-input/content.js'
import { FRAMING } from './bad-input/framing.js'
import { LIMITS } from './bad-input/limits.js'
import { ROUTES } from './bad-input/routes.js'
import type { Row } from './bad-input/row.js'

/*
 * Bad input over raw sockets, by the rulings: each row is one of theirs. Every answer is an error in one shape, and the
 * process serves the next request as if nothing had been: on the same connection where it lives on, and on another.
 */

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startExampleGateway({
    client: { headerTimeout: '1s', bodyTimeout: '1s' },
    policies: [{ select: 'library.v1.LibraryService.CreateShelf', maxRequestBytes: '1KiB' }],
  })
})
afterEach(async () => {
  expect((await sendRaw(gateway.port, request('GET', '/v1/shelves/1'))).status).toBe(200)
})
afterAll(async () => {
  expect(gateway.log.filter((line) => line.includes('a fault of ours'))).toEqual([])
  await gateway.stop()
})

interface StatusJson {
  readonly code: number
  readonly message: string
  readonly details: readonly {
    readonly '@type': string
    readonly reason?: string
    readonly domain?: string
    readonly fieldViolations?: readonly { readonly field: string }[]
  }[]
}

function checkError(response: RawResponse, row: Row): void {
  expect({ status: response.status, body: response.body }).toMatchObject({ status: row.status })
  const body = JSON.parse(response.body) as StatusJson
  expect(body.code).toBe(row.code ?? 3)
  expect(body.message).not.toBe('')
  expect(response.body).not.toMatch(/127\.0\.0\.1|\.[tj]s\b|\bat \w+ \(/)
  const detail = (type: string) => body.details.find((one) => one['@type'] === `type.googleapis.com/google.rpc.${type}`)
  expect(detail('ErrorInfo')).toMatchObject({ domain: 'protobridge', reason: row.reason })
  if (row.field !== undefined) expect(detail('BadRequest')?.fieldViolations?.[0]?.field).toBe(row.field)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._~-]{1,128}$/)
  if (row.header !== undefined) expect(response.headers.get(row.header[0])).toBe(row.header[1])
}

describe.each([
  { name: 'routes', rows: ROUTES },
  { name: 'binding', rows: BINDING },
  { name: 'content', rows: CONTENT },
  { name: 'limits', rows: LIMITS },
])('bad input: $name', ({ rows }) => {
  test.each(rows)('$name: $status $reason', async (row) => {
    const connection = new RawConnection(gateway.port).write(row.send)
    const response = await connection.response({ waitMs: 5000 })
    checkError(response, row)
    expect(response.headers.get('connection')).toBe(row.closes === true ? 'close' : 'keep-alive')
    if (row.closes === true) await connection.closed()
    else expect((await connection.write(request('GET', '/v1/shelves/1')).response()).status).toBe(200)
    connection.destroy()
  })
})

describe('bad input: framing', () => {
  test.each(FRAMING)('$name: $status $reason, and what follows is not served', async (row) => {
    const connection = new RawConnection(gateway.port).write(row.send)
    checkError(await connection.response(), row)
    await connection.closed()
    expect(connection.rest).toBe('')
    connection.destroy()
  })
})
