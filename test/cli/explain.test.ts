import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { explainRequest, type Explanation } from '../../src/cli/dry-run.js'
import { explanationText } from '../../src/cli/explanation-text.js'
import { withSnapshot } from '../../src/cli/load-once.js'
import type { Snapshot } from '../../src/snapshot/index.js'
import { protobridge } from '../support/command.js'
import { Project } from '../support/project.js'

interface Row {
  readonly request: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The text of an explanation of a request to what `protobridge.yaml` serves. */
let explain: (row: Row) => { explanation: Explanation; text: string }
const project = new Project({ 'shelf.json': '{"theme": "Poetry"}' })

beforeAll(async () => {
  const snapshot = await withSnapshot({ kind: 'file', path: 'protobridge.yaml' }, (loaded: Snapshot) => loaded)
  explain = ({ request, headers = {}, body = '' }) => {
    const [method = '', target = ''] = request.split(' ')
    const dry = { method, target, headers: new Map(Object.entries(headers)), body: Buffer.from(body) }
    const explanation = explainRequest(dry, snapshot)
    return { explanation, text: explanationText(explanation) }
  }
})
afterAll(() => project.remove())

describe('explain', () => {
  test('which route matched, what was bound, the message, and what nearly matched', () => {
    expect(explain({ request: 'GET /v1/shelves/1/books?page_size=2' }).text).toBe(`GET /v1/shelves/1/books?page_size=2

matches   GET /v1/{parent=shelves/*}/books
calls     library.v1.LibraryService.ListBooks
by        annotation at protos/library/v1/library.proto:84:12

binds
  parent from the path: "shelves/1"
  pageSize from the query: "2"

message
  {
    "parent": "shelves/1",
    "pageSize": 2
  }

also near
  GET /v1/{parent=shelves/*}/books:batchGet (library.v1.LibraryService.BatchGetBooks): its verb is ":batchGet"
  POST /v1/{parent=shelves/*}/books (library.v1.LibraryService.CreateBook): its method is POST
  GET /v1/{name=shelves/*} (library.v1.LibraryService.GetShelf): the path goes on with "/books"`)
  })

  test.each([
    {
      name: 'a body field and a derived mask',
      request: 'PATCH /v1/shelves/1/books/2',
      body: '{"title": "Odes"}',
      message: { book: { name: 'shelves/1/books/2', title: 'Odes' }, updateMask: 'title' },
      lines: ['  book from the body', '  updateMask from the fields of the body: "title"'],
    },
    {
      name: 'a whole body',
      request: 'POST /v1/books:search',
      body: '{"title": "odes"}',
      message: { title: 'odes' },
      lines: ['  the whole message from the body'],
    },
    {
      name: 'a raw body',
      request: 'PUT /v1/shelves/1/books/1/cover',
      body: 'abc',
      headers: { 'content-type': 'image/png' },
      message: { name: 'shelves/1/books/1', content: { contentType: 'image/png', data: 'YWJj' } },
      lines: ['  content from the body'],
    },
    {
      name: 'a mapping file',
      request: 'GET /v1/items/A-1',
      message: { sku: 'A-1' },
      lines: [expect.stringMatching(/^by {8}mapping file at mappings\/inventory\.yaml:\d+:\d+$/)],
    },
    {
      name: 'HEAD, as GET is',
      request: 'HEAD /v1/shelves/1',
      message: { name: 'shelves/1' },
      lines: ['matches   GET /v1/{name=shelves/*}'],
    },
    {
      name: 'an absolute target',
      request: 'GET http://api.example/v1/shelves/1',
      message: { name: 'shelves/1' },
      lines: ['matches   GET /v1/{name=shelves/*}'],
    },
    {
      name: 'a path that is escaped',
      request: 'GET /v1/shelves/a%20b/books/%C3%BC',
      message: { name: 'shelves/a b/books/ü' },
      lines: ['  name from the path: "shelves/a b/books/ü"'],
    },
  ])('what $name becomes', ({ message, lines, ...row }) => {
    const { explanation, text } = explain(row)
    expect(explanation).toMatchObject({ refused: null, message })
    expect(text.split('\n')).toEqual(expect.arrayContaining(lines))
  })

  test.each<Row & { readonly refused: string; readonly near?: string }>([
    {
      request: 'GET /v1/shelvs/1',
      refused: '404 NOT_FOUND (NO_ROUTE): no route matches GET /v1/shelvs/1',
      near: 'segment 2 is "shelves" there, not "shelvs"',
    },
    {
      request: 'GET /v1/shelves/',
      refused: '404 NOT_FOUND (NO_ROUTE): no route matches GET /v1/shelves/',
      near: 'the path has a trailing slash',
    },
    {
      request: 'PUT /v1/shelves/1',
      refused:
        '405 UNIMPLEMENTED (METHOD_NOT_ALLOWED): PUT is not allowed here: it is served for DELETE, GET, HEAD, OPTIONS, PATCH',
      near: 'its method is GET',
    },
    {
      request: 'GET /v1/shelves/1:watch',
      refused:
        '501 UNIMPLEMENTED (STREAMING_NOT_SUPPORTED): library.v1.LibraryService.WatchShelf is a server-streaming method: ',
    },
    { request: 'GET /v1/shelves?nope=1', refused: '400 INVALID_ARGUMENT (UNKNOWN_PARAMETER): ' },
    { request: 'GET /v1/shelves?page_size=many', refused: '400 INVALID_ARGUMENT (MALFORMED_PARAMETER): pageSize: ' },
    { request: 'GET /v1/shelves/1?name=shelves/2', refused: '400 INVALID_ARGUMENT (FIELD_BOUND_TWICE): ' },
    { request: 'POST /v1/shelves', body: '{"theme": 1}', refused: '400 INVALID_ARGUMENT (MALFORMED_FIELD): ' },
    { request: 'POST /v1/shelves', body: '{"theme"', refused: '400 INVALID_ARGUMENT (MALFORMED_JSON): ' },
    {
      request: 'POST /v1/shelves',
      body: 'a,b',
      headers: { 'content-type': 'text/csv' },
      refused: '415 INVALID_ARGUMENT (UNSUPPORTED_MEDIA_TYPE): ',
    },
    {
      request: 'POST /v1/shelves',
      body: 'x',
      headers: { 'content-encoding': 'zstd' },
      refused: '415 INVALID_ARGUMENT (UNSUPPORTED_ENCODING): ',
    },
    {
      request: 'POST /v1/shelves',
      body: '{}',
      headers: { 'content-encoding': 'br' },
      refused: '400 INVALID_ARGUMENT (MALFORMED_ENCODING): the request body is not valid br: ',
    },
    { request: 'POST /v1/shelves', body: ' '.repeat(5_000_000), refused: '413 INVALID_ARGUMENT (BODY_TOO_LARGE): ' },
    { request: 'DELETE /v1/shelves/1', body: '{"a": 1}', refused: '400 INVALID_ARGUMENT (UNEXPECTED_BODY): ' },
    {
      request: 'GET /v1/shelves',
      headers: { accept: 'image/png' },
      refused: '406 INVALID_ARGUMENT (NOT_ACCEPTABLE): ',
    },
    { request: 'GET /v1/./shelves', refused: '400 INVALID_ARGUMENT (MALFORMED_PATH): ' },
    { request: 'GET /v1/shelves/%zz', refused: '400 INVALID_ARGUMENT (MALFORMED_PATH): ' },
    { request: 'GET *', refused: '400 INVALID_ARGUMENT (MALFORMED_TARGET): * is a target of OPTIONS only' },
    { request: 'TRACE /v1/shelves', refused: '405 UNIMPLEMENTED (METHOD_NOT_ALLOWED): TRACE is not allowed here' },
  ])('why $request is refused: $refused', ({ refused, near, ...row }) => {
    const { explanation, text } = explain(row)
    expect(explanation.message).toBeNull()
    expect(text).toContain(`\nrefused   ${refused}`)
    if (near !== undefined) expect(text).toContain(near)
  })

  test('OPTIONS is answered with what the path allows', () => {
    const { explanation, text } = explain({ request: 'OPTIONS /v1/shelves' })
    expect(explanation).toMatchObject({ refused: null, answer: { httpStatus: 204 } })
    expect(text).toContain('\nanswered  204, Allow: GET, HEAD, OPTIONS, POST\n')
  })
})

describe('the command', () => {
  test('--json, --header, --body of a file: exit 0 where it would be sent', async () => {
    const body = `@${project.path}/shelf.json`
    const args = ['explain', 'POST /v1/shelves', '--json', '-H', 'Content-Type: application/json', '-d', body]
    const { code, stdout } = await protobridge(args)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      request: 'POST /v1/shelves',
      route: { method: 'POST', path: '/v1/shelves', rpc: 'library.v1.LibraryService.CreateShelf', upstream: 'library' },
      parts: [{ from: 'body', field: 'shelf' }],
      message: { shelf: { theme: 'Poetry' } },
      answer: null,
      refused: null,
    })
  })

  test('exit 1 where it is refused', async () => {
    const { code, stdout, stderr } = await protobridge(['explain', 'GET /nowhere', '--config', 'protobridge.yaml'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toBe('GET /nowhere\n\nrefused   404 NOT_FOUND (NO_ROUTE): no route matches GET /nowhere\n')
  })
})
