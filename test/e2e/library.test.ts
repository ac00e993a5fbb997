import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startExampleGateway, type TestGateway } from '../support/gateway.js'
import { request, sendRaw } from '../support/raw-http.js'
import { callRest, type CallOptions, type JsonAnswer } from '../support/rest.js'

/* The annotated example API through the gateway: every RPC, over real sockets. */

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startExampleGateway()
})
afterAll(() => gateway.stop())

const call = (method: string, target: string, options?: CallOptions): Promise<JsonAnswer> =>
  callRest(gateway.port, method, target, options)
const BOOK = '/v1/shelves/1/books/1'

describe('reading', () => {
  test.each([
    { name: 'GetShelf', target: '/v1/shelves/1', want: { name: 'shelves/1', theme: 'Fiction', bookCount: 5 } },
    {
      name: 'ListShelves',
      target: '/v1/shelves',
      want: { shelves: [{ name: 'shelves/1' }, { name: 'shelves/2' }, { name: 'shelves/3' }] },
    },
    { name: 'ListShelves, a page', target: '/v1/shelves?page_size=2', want: { shelves: [{}, { theme: 'Science' }] } },
    { name: 'GetBook', target: BOOK, want: { name: 'shelves/1/books/1', isbn: '9780441478125' } },
    {
      name: 'GetBook by its additional binding',
      target: '/v1/books/978-0-441-47812-5',
      want: { isbn: '9780441478125' },
    },
    {
      name: 'GetBook with a mask, in either spelling',
      target: `${BOOK}?read_mask=title,page_count,copiesPrinted`,
      want: { title: 'The Left Hand of Darkness', pageCount: 304, copiesPrinted: '1000000' },
    },
    {
      name: 'ListBooks of all shelves, filtered and ordered',
      target: `/v1/shelves/-/books?filter=${encodeURIComponent('page_count > 600')}&order_by=page_count%20desc&read_mask=books.title`,
      status: 400,
      want: { code: 3 },
    },
    {
      name: 'ListBooks, filtered and ordered, + being a space',
      target: '/v1/shelves/-/books?filter=page_count+%3E+600&order_by=page_count+desc',
      want: { books: [{ title: 'The Art of Computer Programming' }, { title: 'Moby-Dick' }], totalSize: 2 },
    },
    {
      name: 'ListBooks by a repeated enum, a Timestamp, a Duration, a wrapper and a nested field',
      target:
        '/v1/shelves/1/books?genres=FICTION&genres=3&publishedAfter=1960-01-01T00:00:00Z&max_reading_time=25000s' +
        '&available=true&pages.min=200&pages.max=300',
      want: { books: [{ title: 'Solaris' }], totalSize: 1 },
    },
    {
      name: 'BatchGetBooks',
      target: '/v1/shelves/-/books:batchGet?names=shelves/2/books/1&names=shelves%2F1%2Fbooks%2F2',
      want: { books: [{ title: 'The Art of Computer Programming' }, { title: 'Solaris' }] },
    },
    {
      name: 'SearchBooks by a member of a oneof',
      target: '/v1/books:search?author=lem',
      want: { books: [{ title: 'Solaris' }], foundByShelf: { 'shelves/1': 1 } },
    },
    {
      name: 'SearchBooks by a nested member of a oneof',
      target: '/v1/books:search?label.key=shelf%20mark&label.value=R%2F8',
      want: { books: [{ title: 'Pedro Páramo', legend: '“came with the house”' }] },
    },
    {
      name: 'GetMetadata: a Struct',
      target: `${BOOK}/metadata`,
      want: { edition: 1, series: { part: 4 }, owners: ['U. Tenar', null] },
    },
    {
      name: 'AppraiseBook: every wrapper',
      target: '/v1/shelves/1/books/2:appraise',
      want: {
        value: 812.5,
        catalogued: '18446744073709551615',
        rankChange: -3,
        rank: 4_000_000_000,
        firstEdition: false,
      },
    },
  ])('$name', async ({ target, status = 200, want }) => {
    const answer = await call('GET', target)
    expect({ status: answer.status, json: answer.json }).toMatchObject({ status, json: want })
    expect(answer.headers.get('content-type')).toBe('application/json')
  })

  test('every kind of field of a book', async () => {
    const { json } = await call('GET', BOOK)
    expect(json).toMatchObject({
      authors: [{ displayName: 'Ursula K. Le Guin', birthYear: 1929 }],
      genre: 'FICTION',
      copiesPrinted: '1000000',
      rating: 4.5,
      fingerprint: '+/8A',
      labels: { language: 'en', award: 'Hugo' },
      chapters: { 1: 'A Parade in Erhenrang' },
      publishTime: '1969-03-01T00:00:00Z',
      readingTime: '27000s',
      blurb: '',
      purchase: { vendor: 'Ace Books', priceCents: '95' },
      extra: 'light is the left hand of darkness',
      indexTerms: ['ansible', 44, true],
      state: 'AVAILABLE',
    })
    expect(json).not.toHaveProperty('subtitle')
  })

  test('an int64 beyond 2^53, an empty wrapper, a null, a negative year, packed messages', async () => {
    expect((await call('GET', '/v1/shelves/1/books/2')).json).toMatchObject({
      copiesPrinted: '9007199254740993',
      subtitle: '',
      extra: null,
      donation: { donor: 'K. Kelvin', anonymous: true },
    })
    expect((await call('GET', '/v1/shelves/2/books/3')).json).toMatchObject({ authors: [{ birthYear: -98 }] })
    expect((await call('GET', '/v1/shelves/2/books/1')).json).toMatchObject({
      readingTime: '90000.500s',
      attachments: [
        { '@type': 'type.googleapis.com/library.v1.Review', stars: 5 },
        { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '42s' },
      ],
    })
  })

  test('pages follow one another by their tokens', async () => {
    const titles: string[] = []
    let token = ''
    do {
      const { json } = await call('GET', `/v1/shelves/-/books?page_size=3&page_token=${encodeURIComponent(token)}`)
      const page = json as { books: { title: string }[]; nextPageToken?: string }
      titles.push(...page.books.map(({ title }) => title))
      token = page.nextPageToken ?? ''
    } while (token !== '')
    expect(titles).toHaveLength(8)
    expect(new Set(titles).size).toBe(8)
  })

  test('response_body is the bare list', async () => {
    const { json } = await call('GET', `${BOOK}/reviews?min_stars=5`)
    expect(json).toEqual([expect.objectContaining({ reviewer: 'Genly', stars: 5 })])
    expect((await call('GET', '/v1/shelves/2/books/3/reviews')).json).toEqual([])
  })

  test('a response without any field set is {}', async () => {
    expect((await call('GET', '/v1/shelves/2/books/3/metadata')).body).toBe('{}')
  })

  test('$prettyPrint and $alt', async () => {
    expect((await call('GET', '/v1/shelves/3?$prettyPrint=true')).body).toContain('{\n  "name": "shelves/3",\n')
    const ints = await call('GET', `${BOOK}?$alt=json;enum-encoding=int&read_mask=genre`)
    expect(ints.json).toEqual({ genre: 1 })
    const proto = await call('GET', '/v1/shelves/3?$alt=proto')
    expect(proto.headers.get('content-type')).toBe('application/x-protobuf')
    expect(proto.body).toContain('shelves/3')
    expect((await call('GET', '/v1/shelves/3?$fields=x&$.xgafv=2')).status).toBe(200)
  })
})

describe('writing', () => {
  test('a shelf from its creation to its end', async () => {
    const created = await call('POST', '/v1/shelves?shelf_id=new', { body: { theme: 'Maps' } })
    expect(created.json).toMatchObject({ name: 'shelves/new', theme: 'Maps' })
    const updated = await call('PATCH', '/v1/shelves/new', { body: { theme: 'Atlases' } })
    expect(updated.json).toMatchObject({ name: 'shelves/new', theme: 'Atlases' })
    const book = await call('POST', '/v1/shelves/new/books', { body: { title: 'Mercator' } })
    expect(book.json).toMatchObject({ name: 'shelves/new/books/1' })
    const refused = await call('DELETE', '/v1/shelves/new')
    expect(refused).toMatchObject({ status: 400, json: { code: 9 } })
    const gone = await call('DELETE', '/v1/shelves/new?force=true')
    expect({ status: gone.status, body: gone.body }).toEqual({ status: 200, body: '{}' })
    expect(await call('GET', '/v1/shelves/new')).toMatchObject({ status: 404, json: { code: 5 } })
  })

  test('a book with every kind of field comes back as it was sent', async () => {
    const body = {
      title: 'Ada, or “Ardor” 🦋',
      authors: [{ displayName: 'V. Nabokov', birthYear: 1899 }],
      genre: 'FICTION',
      pageCount: 589,
      copiesPrinted: '9223372036854775807',
      rating: 4.125,
      fingerprint: 'AAECAw==',
      labels: { '': 'empty key', 'a/b': 'ü' },
      chapters: { '-1': 'before', 3: 'three' },
      publishTime: '1969-05-05T12:30:00.000001Z',
      readingTime: '1.500s',
      tags: ['', 'x'],
      subtitle: '',
      blurb: '',
      legend: 'found',
      metadata: { a: [1, 'b', null, { c: true }] },
      extra: [1, 2.5, 'x'],
      indexTerms: [null, false],
      attachments: [{ '@type': 'type.googleapis.com/google.protobuf.Timestamp', value: '2020-01-01T00:00:00Z' }],
    }
    const created = await call('POST', '/v1/shelves/3/books', { body })
    expect({ status: created.status, json: created.json }).toMatchObject({ status: 200, json: body })
    const { name } = created.json as { name: string }
    expect((await call('GET', `/v1/${name}`)).json).toEqual(created.json)
  })

  test('PATCH derives its mask from what is sent: null clears, what is not sent stays', async () => {
    await call('POST', '/v1/shelves/3/books?book_id=patched', {
      body: { title: 'T', pageCount: 7, subtitle: 'S', purchase: { vendor: 'V', priceCents: '5' }, tags: ['a', 'b'] },
    })
    const target = '/v1/shelves/3/books/patched'
    const answer = await call('PATCH', target, { body: { subtitle: null, purchase: { vendor: 'W' }, tags: ['c'] } })
    expect(answer.json).toMatchObject({
      title: 'T',
      pageCount: 7,
      purchase: { vendor: 'W', priceCents: '5' },
      tags: ['c'],
    })
    expect(answer.json).not.toHaveProperty('subtitle')
  })

  test('an explicit mask wins, and so does an equal name in the body', async () => {
    const target = '/v1/shelves/3/books/patched'
    const answer = await call('PATCH', `${target}?updateMask=page_count`, {
      body: { name: 'shelves/3/books/patched', title: 'not this', pageCount: 8 },
    })
    expect(answer.json).toMatchObject({ title: 'T', pageCount: 8 })
  })

  test('PATCH of what is not there, with allow_missing', async () => {
    const answer = await call('PATCH', '/v1/shelves/3/books/upserted?allow_missing=true', { body: { title: 'U' } })
    expect(answer.json).toMatchObject({ name: 'shelves/3/books/upserted', title: 'U' })
  })

  test('an etag that is no longer current: 409', async () => {
    const target = '/v1/shelves/3/books/patched'
    expect(await call('DELETE', `${target}?etag=old`)).toMatchObject({ status: 409, json: { code: 10 } })
    const { etag } = (await call('GET', target)).json as { etag: string }
    expect((await call('DELETE', `${target}?etag=${encodeURIComponent(etag)}`)).status).toBe(200)
  })

  test('custom verbs, with and without a body', async () => {
    const moved = await call('POST', '/v1/shelves/3/books/upserted:move', { body: { otherShelf: 'shelves/2' } })
    expect(moved.json).toMatchObject({ title: 'U' })
    const { name } = moved.json as { name: string }
    const lent = await call('POST', `/v1/${name}:checkout`, { body: { borrower: 'Ö', period: '86400s' } })
    expect(lent.json).toMatchObject({ book: name, borrower: 'Ö', period: '86400s' })
    expect(await call('POST', `/v1/${name}:checkout`, { body: { borrower: 'P' } })).toMatchObject({
      status: 400,
      json: { code: 9 },
    })
    expect((await call('POST', `/v1/${name}:return`)).json).toMatchObject({ state: 'AVAILABLE' })
    expect((await call('POST', `/v1/${name}:checkout`, { body: { borrower: 'P' } })).status).toBe(200)
    expect((await call('POST', `/v1/${name}:return`, { body: {} })).json).toMatchObject({ state: 'AVAILABLE' })
  })

  test('MergeShelves: the body is the whole request but for the path', async () => {
    await call('POST', '/v1/shelves?shelf_id=a', { body: { theme: 'A' } })
    await call('POST', '/v1/shelves?shelf_id=b', { body: { theme: 'B' } })
    await call('POST', '/v1/shelves/b/books', { body: { title: 'x' } })
    const merged = await call('POST', '/v1/shelves/a:merge', { body: { name: 'shelves/a', other_shelf: 'shelves/b' } })
    expect(merged.json).toMatchObject({ name: 'shelves/a', bookCount: 1 })
    expect((await call('GET', '/v1/shelves/b')).status).toBe(404)
  })

  test('SearchBooks by POST, its additional binding', async () => {
    const answer = await call('POST', '/v1/books:search', {
      body: { label: { key: 'language', value: 'ja' }, limit: 1 },
    })
    expect(answer.json).toMatchObject({ books: [{ title: '雪国' }] })
  })

  test('a repeated field as body and as answer', async () => {
    const answer = await call('PUT', '/v1/shelves/2/books/3/tags', { body: ['z', 'a', 'z'] })
    expect(answer.json).toEqual(['a', 'z'])
    expect((await call('PUT', '/v1/shelves/2/books/3/tags')).json).toEqual([])
  })

  test('a Struct as body', async () => {
    const body = { deep: { list: [1, { a: null }] }, n: 1.5 }
    expect((await call('PUT', '/v1/shelves/2/books/2/metadata', { body })).json).toEqual(body)
    expect((await call('GET', '/v1/shelves/2/books/2/metadata')).json).toEqual(body)
  })

  test('CreateReview', async () => {
    const review = { reviewer: 'R', stars: 4, text: 'ok' }
    const answer = await call('POST', '/v1/shelves/2/books/2/reviews', { body: review })
    expect(answer.json).toMatchObject({ ...review, name: 'shelves/2/books/2/reviews/1' })
  })

  test('what a service says is wrong comes with its details', async () => {
    const answer = await call('POST', '/v1/shelves', { body: { theme: '' } })
    expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
    expect(JSON.stringify(answer.json)).toContain('google.rpc.BadRequest')
    expect(await call('POST', '/v1/shelves?shelf_id=1', { body: { theme: 'x' } })).toMatchObject({
      status: 409,
      json: { code: 6 },
    })
  })
})

describe('raw bodies', () => {
  test.each([
    { format: '', type: 'text/plain; charset=utf-8', extension: 'txt', text: 'Solaris\nStanisław Lem\n' },
    { format: 'text/html', type: 'text/html; charset=utf-8', extension: 'html', text: '<title>Solaris</title>' },
  ])('DownloadBook as $type', async ({ format, type, extension, text }) => {
    const answer = await call('GET', `/v1/shelves/1/books/2:download?format=${format}`, {
      headers: ['Accept: image/png'],
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="shelves-1-books-2.${extension}"`)
    expect(answer.body).toContain(text)
  })

  test('HEAD of a download tells its length and type', async () => {
    const target = '/v1/shelves/1/books/2:download'
    const full = await call('GET', target)
    const head = await call('HEAD', target)
    expect({ status: head.status, body: head.body }).toEqual({ status: 200, body: '' })
    for (const name of ['content-length', 'content-type', 'content-disposition']) {
      expect(head.headers.get(name)).toBe(full.headers.get(name))
    }
  })

  test('UploadCover and GetCover: bytes and type as they are', async () => {
    const picture = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const head = request('PUT', '/v1/shelves/2/books/2/cover', [
      'Content-Type: image/x-any; a=b',
      `Content-Length: ${picture.length}`,
    ])
    const uploaded = await sendRaw(gateway.port, Buffer.concat([Buffer.from(head), picture]))
    expect(JSON.parse(uploaded.body)).toEqual({
      book: 'shelves/2/books/2',
      contentType: 'image/x-any; a=b',
      sizeBytes: '256',
      sha256: createHash('sha256').update(picture).digest('base64'),
    })
    const cover = await call('GET', '/v1/shelves/2/books/2/cover')
    expect(cover.headers.get('content-type')).toBe('image/x-any; a=b')
    expect(cover.bytes.equals(picture)).toBe(true)
  })

  test('an upload of a type the service does not take is its refusal, not a 415', async () => {
    const answer = await call('PUT', '/v1/shelves/1/books/3/cover', { body: 'x', headers: ['Content-Type: text/csv'] })
    expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
    expect((await call('GET', '/v1/shelves/1/books/3/cover')).status).toBe(404)
  })

  test('** takes any number of segments', async () => {
    const svg = await call('GET', `${BOOK}/files/maps/gethen/north.svg`)
    expect({ status: svg.status, type: svg.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'image/svg+xml',
    })
    expect((await call('GET', `${BOOK}/files/notes/a%20b/%C3%A4.txt`)).body).toContain('a name with a space')
    expect(await call('GET', '/v1/shelves/1/books/1/files/a/b//c')).toMatchObject({ status: 404, json: { code: 5 } })
    expect(await call('GET', '/v1/shelves/1/books/1/files')).toMatchObject({ status: 400, json: { code: 3 } })
  })
})

describe('methods', () => {
  test('HEAD is served where GET is', async () => {
    const headers = ['X-Request-Id: r']
    const full = await call('GET', BOOK, { headers })
    const head = await call('HEAD', BOOK, { headers })
    expect(head.status).toBe(200)
    const comparable = (answer: JsonAnswer) => [...answer.headers].filter(([name]) => name !== 'date')
    expect(comparable(head)).toEqual(comparable(full))
  })

  test.each([
    { target: '/v1/shelves/1', allow: 'DELETE, GET, HEAD, OPTIONS, PATCH' },
    { target: '/v1/shelves', allow: 'GET, HEAD, OPTIONS, POST' },
    { target: '/v1/books:search', allow: 'GET, HEAD, OPTIONS, POST' },
    { target: `${BOOK}/tags`, allow: 'OPTIONS, PUT' },
    { target: `${BOOK}:checkout`, allow: 'DELETE, GET, HEAD, OPTIONS, PATCH, POST' },
  ])('OPTIONS $target and 405 say: Allow: $allow', async ({ target, allow }) => {
    const options = await call('OPTIONS', target)
    expect(options.status).toBe(204)
    expect(options.headers.get('allow')).toBe(allow)
    const refused = await call('PROPFIND', target)
    expect(refused.status).toBe(405)
    expect(refused.headers.get('allow')).toBe(allow)
  })

  test('a verb no route has is part of the name', async () => {
    expect(await call('GET', '/v1/shelves/1:nope')).toMatchObject({ status: 404, json: { code: 5 } })
    expect(JSON.stringify((await call('GET', '/v1/shelves/1:nope')).json)).toContain('shelves/1:nope')
  })
})
