import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startExampleGateway, type TestGateway } from '../support/gateway.js'
import { callRest } from '../support/rest.js'

/* The example services in XML, over real sockets: what is read as XML can be sent as XML, and means what its JSON means. */

const XML = 'application/xml'
let gateway: TestGateway
beforeAll(async () => {
  gateway = await startExampleGateway()
})
afterAll(() => gateway.stop())

const getJson = async (target: string): Promise<Record<string, unknown>> =>
  (await callRest(gateway.port, 'GET', target)).json as Record<string, unknown>
const getXml = async (target: string): Promise<string> =>
  (await callRest(gateway.port, 'GET', target, { headers: [`Accept: ${XML}`] })).body
const sendXml = (method: string, target: string, body: string, ...headers: string[]) =>
  callRest(gateway.port, method, target, { body, headers: [`Content-Type: ${XML}`, ...headers] })

/** What the server sets itself differs between a book and its copy. */
function content(book: Record<string, unknown>): Record<string, unknown> {
  const { name: _name, etag: _etag, createTime: _created, updateTime: _updated, isbn: _isbn, ...rest } = book
  return rest
}

describe('JSON → XML → JSON through two real requests is the identity', () => {
  test.each(['shelves/1/books/1', 'shelves/1/books/2', 'shelves/2/books/1'])('%s', async (name) => {
    const xml = await getXml(`/v1/${name}`)
    expect(xml).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*<Book>/)
    // `body: "book"`: the root element of a body field has the field's name. Its ISBN and etag are the original's own.
    const body = xml
      .replace('<Book>', '<book>')
      .replace('</Book>', '</book>')
      .replace(/<(isbn|etag)>[^<]*<\/\1>/g, '')
    const id = `copy-${name.replaceAll('/', '-')}`
    const created = await sendXml('POST', `/v1/shelves/3/books?book_id=${id}`, body, 'Accept: application/json')
    expect({ status: created.status, body: created.body }).toMatchObject({ status: 200 })
    expect(content(created.json as Record<string, unknown>)).toEqual(content(await getJson(`/v1/${name}`)))
  })
})

describe('XML bound', () => {
  test('PATCH: the mask is derived from the elements present', async () => {
    const before = await getJson('/v1/shelves/1/books/3')
    const changed = await sendXml('PATCH', '/v1/shelves/1/books/3', '<book><pageCount>7</pageCount></book>')
    expect({ status: changed.status, type: changed.headers.get('content-type') }).toEqual({ status: 200, type: XML })
    const after = await getJson('/v1/shelves/1/books/3')
    expect(content(after)).toEqual({ ...content(before), pageCount: 7 })
  })

  test('a repeated response_body is a root element of its name round the items', async () => {
    const xml = await getXml('/v1/shelves/1/books/1/reviews')
    expect(xml).toMatch(/<reviews><reviews><name>[^]*<\/reviews><reviews>[^]*<\/reviews><\/reviews>\s*$/)
  })

  test('an error is a Status element', async () => {
    const answer = await callRest(gateway.port, 'GET', '/v1/shelves/99', { headers: [`Accept: ${XML}`] })
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status: 404, type: XML })
    expect(answer.body).toContain('<Status><code>5</code><message>shelves/99 does not exist</message><details type="')
  })
})

describe('XML refused', () => {
  test.each([
    { name: 'not well-formed', body: '<shelf><theme>x</shelf>', status: 400, text: 'MALFORMED_XML' },
    { name: 'a DOCTYPE', body: '<!DOCTYPE shelf [<!ENTITY a "b">]><shelf/>', status: 400, text: 'MALFORMED_XML' },
    { name: 'another root', body: '<Shelf><theme>x</theme></Shelf>', status: 400, text: 'WRONG_ROOT_ELEMENT' },
    { name: 'an unknown element', body: '<shelf><nope/></shelf>', status: 400, text: 'UNKNOWN_FIELD' },
    { name: 'an unknown attribute', body: '<shelf nope="1"/>', status: 400, text: 'UNKNOWN_FIELD' },
    { name: 'a singular field twice', body: '<shelf><theme>a</theme><theme>b</theme></shelf>', status: 400, text: '' },
    { name: 'text beside child elements', body: '<shelf>x<theme>a</theme></shelf>', status: 400, text: '' },
    { name: 'another encoding', body: '<?xml version="1.0" encoding="ISO-8859-1"?><shelf/>', status: 415, text: '' },
    { name: '1,000 levels', body: `<shelf>${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}</shelf>`, status: 400, text: '' },
  ])('$name: $status', async ({ body, status, text }) => {
    const answer = await sendXml('POST', '/v1/shelves', body)
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status, type: XML })
    expect(answer.body).toContain('<domain>protobridge</domain>')
    if (text !== '') expect(answer.body).toContain(`<reason>${text}</reason>`)
  })
})
