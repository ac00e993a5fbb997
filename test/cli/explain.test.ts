import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readDryRequest } from '../../src/cli/dry-request.js'
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
let snapshot: Snapshot
let explain: (row: Row) => { explanation: Explanation; text: string }
const SHELF_XML = '<?xml version="1.0"?><shelf><!-- new --><theme> A &amp; B </theme></shelf>'
const project = new Project({
  'shelf.json': '{"theme": "Poetry"}',
  'shelf.xml': SHELF_XML,
  'shelf.form': 'theme=Poetry+%26+prose',
  'shelf.bin': '\x12\x06Poetry',
  'SHELF.XML': SHELF_XML,
  'shelf.txt': '{"theme": "Poetry"}',
  'a=b.xml': SHELF_XML,
})

beforeAll(async () => {
  snapshot = await withSnapshot({ kind: 'file', path: 'protobridge.yaml' }, (loaded: Snapshot) => loaded)
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

answered  in application/json; by Accept or $alt also in proto or xml

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

  const XML = { 'content-type': 'application/xml' }

  test('an XML body: what it is read as, the document an element a line, and the message', () => {
    const body = `\ufeff${SHELF_XML.replace('<theme>', '\n  <theme>')}`
    const { text } = explain({ request: 'POST /v1/shelves', headers: XML, body })
    expect(text).toContain(`

body      read as xml (application/xml), 80 bytes
  <shelf>
    <!-- new -->
    <theme> A &amp; B </theme>
  </shelf>

binds
  shelf from the body

message
  {
    "shelf": {
      "theme": " A & B "
    }
  }

answered  in application/xml; by Accept or $alt also in json or proto
`)
  })

  test.each([
    { name: 'references', body: '<shelf><theme>&lt;&#x41;&amp;amp;&gt;</theme></shelf>' },
    { name: 'a CDATA section', body: '<shelf><theme><![CDATA[<b> & ]]>]]&gt;</theme></shelf>' },
    { name: 'both quotes', body: `<shelf xmlns:a='"' xmlns:b="'"><theme/></shelf>` },
    { name: 'white space alone', body: '<shelf><theme> \n </theme></shelf>' },
    { name: 'white space beside a comment', body: '<shelf><theme> <!-- a -->b <!-- c --> </theme></shelf>' },
    { name: 'a carriage return', body: '<shelf><theme>a\r\nb&#13;</theme></shelf>' },
    { name: 'processing instructions', body: '<?a b="c" d?><shelf><theme>a<?b?>b</theme></shelf>' },
    { name: 'names that JavaScript has too', body: '<shelf xmlns:__proto__="u" xmlns:constructor="v"/>' },
    { name: 'null', body: '<shelf><theme xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/></shelf>' },
  ])('a document that is shown means what was sent: $name', ({ body }) => {
    const asSent = explain({ request: 'POST /v1/shelves', headers: XML, body }).explanation
    expect(asSent.refused).toBeNull()
    const shown = explain({ request: 'POST /v1/shelves', headers: XML, body: asSent.body!.document! }).explanation
    expect(shown.message).toEqual(asSent.message)
  })

  test.each([
    {
      name: 'not well-formed',
      body: '<shelf>\n<theme>a</shelf>',
      refused: /^refused {3}400 INVALID_ARGUMENT \(MALFORMED_XML\): .* line 2 column 9$/m,
    },
    {
      name: 'a DOCTYPE, which fast-xml-parser would take',
      body: '<!DOCTYPE shelf><shelf/>',
      refused: /\(MALFORMED_XML\)/,
    },
    { name: 'another root', body: '<Shelf/>', refused: /\(WRONG_ROOT_ELEMENT\)/ },
  ])('an XML body that is refused, by the parser that requests meet: $name', ({ body, refused }) => {
    const { explanation, text } = explain({ request: 'POST /v1/shelves', headers: XML, body })
    expect(explanation.body).toEqual({
      format: 'xml',
      contentType: 'application/xml',
      bytes: body.length,
      document: null,
    })
    expect(explanation).toMatchObject({ message: null, response: null, refused: { mediaType: 'application/xml' } })
    expect(text).toMatch(refused)
    expect(text).toContain('\n  told in application/xml\n')
  })

  const formats = ['json', 'proto', 'xml']
  test.each([
    { name: 'no Accept', request: 'GET /v1/shelves/1', format: 'json', mediaType: 'application/json' },
    { accept: 'text/xml', request: 'GET /v1/shelves/1', format: 'xml', mediaType: 'text/xml' },
    { accept: 'application/json;q=0, */*', request: 'GET /v1/shelves/1', format: 'proto' },
    { accept: 'application/xml, text/html', request: 'GET /v1/shelves/1', format: 'json' },
    { accept: 'application/json', request: 'GET /v1/shelves/1?$alt=xml', format: 'xml', mediaType: 'application/xml' },
  ])('what the response would be in: $request, $accept', ({ accept, request, format, mediaType }) => {
    const { explanation } = explain({ request, ...(accept === undefined ? {} : { headers: { accept } }) })
    expect(explanation.response).toMatchObject({ format, formats, ...(mediaType === undefined ? {} : { mediaType }) })
  })

  test('a response that is raw has the type that the service says', () => {
    const { explanation, text } = explain({ request: 'GET /v1/shelves/1/books/1:download', headers: { accept: 'a/b' } })
    expect(explanation.response).toEqual({ format: 'raw', mediaType: null, formats: ['raw'] })
    expect(text).toContain('\nanswered  raw, in the type that the service says\n')
  })

  test.each([
    { name: 'by Accept', request: 'GET /v1/shelves?nope=1', accept: 'application/problem+json, */*;q=0.1' },
    { name: 'where no route is', request: 'GET /nowhere', accept: 'application/problem+json' },
    { name: 'by $alt', request: 'GET /v1/shelves?nope=1&$alt=xml', accept: '*/*', mediaType: 'application/xml' },
    { name: 'after 406', request: 'GET /v1/shelves', accept: 'image/png', mediaType: 'application/json' },
  ])('the type of an error: $name', ({ request, accept, mediaType = 'application/problem+json' }) => {
    expect(explain({ request, headers: { accept } }).explanation).toMatchObject({ refused: { mediaType } })
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

  test('--body of a file, whose name tells its format', async () => {
    const { code, stdout } = await protobridge(['explain', 'POST /v1/shelves', '--body', `${project.path}/shelf.xml`])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('  <theme> A &amp; B </theme>\n') })
  })

  test('--body of no file: exit 2', async () => {
    const { code, stdout, stderr } = await protobridge(['explain', 'POST /v1/shelves', '--body', 'nothing.xml'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^--body nothing\.xml: ENOENT/)
  })

  test('exit 1 where it is refused', async () => {
    const { code, stdout, stderr } = await protobridge(['explain', 'GET /nowhere', '--config', 'protobridge.yaml'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toBe('GET /nowhere\n\nrefused   404 NOT_FOUND (NO_ROUTE): no route matches GET /nowhere\n')
  })
})

describe('what --body and --header tell', () => {
  test.each([
    { name: 'file.json', body: 'DIR/shelf.json', format: 'json', theme: 'Poetry' },
    { name: 'file.xml', body: 'DIR/shelf.xml', format: 'xml', theme: ' A & B ' },
    { name: 'file.form', body: 'DIR/shelf.form', format: 'form', theme: 'Poetry & prose' },
    { name: 'file.bin', body: 'DIR/shelf.bin', format: 'proto', theme: 'Poetry' },
    { name: 'an extension in upper case', body: 'DIR/SHELF.XML', format: 'xml', theme: ' A & B ' },
    { name: '@file of a known extension', body: '@DIR/shelf.xml', format: 'xml', theme: ' A & B ' },
    { name: '@file whose name has "="', body: '@DIR/a=b.xml', format: 'xml', theme: ' A & B ' },
    { name: '@file of another extension', body: '@DIR/shelf.txt', format: 'json', theme: 'Poetry' },
    {
      name: 'a header wins over the extension',
      body: '@DIR/shelf.txt',
      header: 'text/x+json',
      format: 'json',
      theme: 'Poetry',
    },
    {
      name: 'a form that ends as a file does is a form',
      body: 'theme=shelf.xml',
      header: 'application/x-www-form-urlencoded',
      format: 'form',
      theme: 'shelf.xml',
    },
    { name: 'text', body: '{"theme":"shelf.xml"}', format: 'json', theme: 'shelf.xml' },
  ])('--body $name', ({ body, header, format, theme }) => {
    const headers = header === undefined ? [] : [`Content-Type: ${header}`]
    const dry = readDryRequest('POST /v1/shelves', { body: body.replace('DIR', project.path), header: headers })
    expect(explainRequest(dry, snapshot)).toMatchObject({ body: { format }, message: { shelf: { theme } } })
  })

  test('a header that says another type than the name is believed', () => {
    const header = ['content-type: application/json']
    const dry = readDryRequest('POST /v1/shelves', { body: `${project.path}/shelf.xml`, header })
    expect(explainRequest(dry, snapshot)).toMatchObject({ refused: { reason: 'MALFORMED_JSON' } })
  })

  test.each(['nothing.xml', 'no folder/nothing.bin', '@nothing', '@', '@.'])('%s is no file', (body) => {
    expect(() => readDryRequest('POST /v1/shelves', { body, header: [] })).toThrow(`--body ${body}: E`)
  })

  test('a header that comes again is a list, but for those that are one', () => {
    const header = ['Accept: a/b', 'accept:text/xml', 'Host: a', 'host: b', 'Content-Type: x', 'content-type: y']
    expect([...readDryRequest('GET /', { header }).headers]).toEqual([
      ['accept', 'a/b, text/xml'],
      ['host', 'a'],
      ['content-type', 'x'],
    ])
  })
})
