import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { status } from '@grpc/grpc-js'
import { startLibraryServer } from '../../examples/servers/library.js'
import type { RunningServer } from '../../examples/servers/support/serve.js'
import { connect } from '../support/example-client.js'
import type { ExampleClient } from '../support/example-client.js'

type Fields = Record<string, unknown>

let server: RunningServer
let library: ExampleClient

beforeEach(async () => {
  server = await startLibraryServer({ port: 0 })
  library = connect(`127.0.0.1:${server.port}`, 'library/v1/library.proto', 'library.v1.LibraryService')
})

afterEach(async () => {
  library.close()
  await server.stop()
})

const names = (message: Fields, field = 'books') => (message[field] as Fields[]).map(({ name }) => name)
const get = async (name: string) => (await library.call('GetBook', { name })).message

describe('reading', () => {
  test('GetBook by name has every kind of field', async () => {
    expect(await get('shelves/1/books/1')).toMatchObject({
      title: 'The Left Hand of Darkness',
      authors: [{ display_name: 'Ursula K. Le Guin', birth_year: 1929 }],
      genre: 'FICTION',
      copies_printed: '1000000',
      fingerprint: Buffer.from('fbff00', 'hex'),
      labels: { award: 'Hugo' },
      chapters: { 1: 'A Parade in Erhenrang' },
      publish_time: { seconds: '-26438400', nanos: 0 },
      reading_time: { seconds: '27000', nanos: 0 },
      blurb: '',
      acquisition: 'purchase',
      subtitle: null,
      state: 'AVAILABLE',
    })
  })

  test('GetBook by ISBN ignores hyphens', async () => {
    const { message } = await library.call('GetBook', { isbn: '978-0-15-602760-1' })
    expect(message).toMatchObject({ name: 'shelves/1/books/2', copies_printed: '9007199254740993' })
  })

  test('GetBook with a read mask returns those fields only', async () => {
    const { message } = await library.call('GetBook', {
      name: 'shelves/1/books/1',
      read_mask: { paths: ['title', 'purchase.vendor'] },
    })
    expect(message).toMatchObject({ name: '', title: 'The Left Hand of Darkness', page_count: 0, authors: [] })
    expect(message['purchase']).toEqual({ vendor: 'Ace Books', price_cents: '0' })
  })

  test('ListBooks pages through a shelf with opaque tokens', async () => {
    const pages: unknown[][] = []
    let page_token = ''
    do {
      const { message } = await library.call('ListBooks', { parent: 'shelves/1', page_size: 2, page_token })
      expect(message['total_size']).toBe(5)
      pages.push(names(message))
      page_token = message['next_page_token'] as string
    } while (page_token !== '')
    const book = (number: number) => `shelves/1/books/${number}`
    expect(pages).toEqual([[book(1), book(2)], [book(3), book(4)], [book(5)]])
  })

  test.each([
    { named: 'a comparison', request: { filter: 'page_count > 500' }, finds: ['1/books/4', '2/books/1', '2/books/2'] },
    { named: 'an enum', request: { filter: 'genre = SCIENCE AND rating >= 4' }, finds: ['2/books/1', '2/books/2'] },
    { named: 'a label', request: { filter: 'labels.language = "la"' }, finds: ['2/books/3'] },
    { named: 'has', request: { filter: 'authors:rulfo OR title:雪' }, finds: ['1/books/3', '1/books/5'] },
    { named: 'a time', request: { filter: 'publish_time < "1860"' }, finds: ['1/books/4', '2/books/2'] },
    {
      named: 'NOT and parentheses',
      request: { filter: 'NOT (genre = FICTION OR tags:verse)' },
      finds: ['2/books/1', '2/books/2'],
    },
    {
      named: 'an order',
      request: { filter: 'page_count>500', order_by: 'rating desc, title' },
      finds: ['2/books/1', '2/books/2', '1/books/4'],
    },
    { named: 'genres', request: { genres: ['SCIENCE'], pages: { min: 0, max: 400 } }, finds: ['2/books/3'] },
    { named: 'a range of pages', request: { pages: { min: 300, max: 330 } }, finds: ['1/books/1', '2/books/3'] },
    {
      named: 'published_after',
      request: { published_after: { seconds: '-100000000' } },
      finds: ['1/books/1', '2/books/1'],
    },
    {
      named: 'max_reading_time',
      request: { max_reading_time: { seconds: '14400' } },
      finds: ['1/books/3', '1/books/5'],
    },
    { named: 'available', request: { available: { value: false } }, finds: [] },
  ])('ListBooks of all shelves by $named', async ({ request, finds }) => {
    const { message } = await library.call('ListBooks', { parent: 'shelves/-', ...request })
    expect(names(message)).toEqual(finds.map((name) => `shelves/${name}`))
  })

  test('BatchGetBooks keeps the order asked for', async () => {
    const wanted = ['shelves/1/books/3', 'shelves/1/books/1']
    const { message } = await library.call('BatchGetBooks', { parent: 'shelves/1', names: wanted })
    expect(names(message)).toEqual(wanted)
  })

  test.each([
    { criterion: { title: 'whale' }, finds: ['shelves/1/books/4'], by: { 'shelves/1': 1 } },
    { criterion: { author: 'knuth' }, finds: ['shelves/2/books/1'], by: { 'shelves/2': 1 } },
    { criterion: { genre: 'SCIENCE' }, finds: ['shelves/2/books/1', 'shelves/2/books/2'], by: { 'shelves/2': 3 } },
    { criterion: { label: { key: 'language', value: 'pl' } }, finds: ['shelves/1/books/2'], by: { 'shelves/1': 1 } },
  ])('SearchBooks by $criterion', async ({ criterion, finds, by }) => {
    const { message } = await library.call('SearchBooks', { ...criterion, limit: 2 })
    expect(names(message)).toEqual(finds)
    expect(message['found_by_shelf']).toEqual(by)
  })

  test('ListShelves counts books', async () => {
    const { message } = await library.call('ListShelves', { page_size: 2 })
    expect(message).toMatchObject({
      shelves: [
        { theme: 'Fiction', book_count: 5 },
        { theme: 'Science', book_count: 3 },
      ],
    })
    expect(message['next_page_token']).not.toBe('')
  })

  test('AppraiseBook fills wrappers, and leaves unset what it does not know', async () => {
    const { message } = await library.call('AppraiseBook', { name: 'shelves/1/books/1' })
    expect(message).toMatchObject({
      value: { value: 712.5 },
      catalogued: { value: '18446744073709551615' },
      first_edition: { value: false },
      remark: { value: '' },
    })
    const { message: unknown } = await library.call('AppraiseBook', { name: 'shelves/1/books/5' })
    expect(unknown).toMatchObject({ copies_printed: null, remark: null, value: { value: 975 } })
  })

  test('answers carry a header and a trailer', async () => {
    const { headers, trailers } = await library.call('GetShelf', { name: 'shelves/1' })
    expect(headers.get('x-served-by')).toEqual(['library'])
    expect(trailers.get('x-store-version')).toEqual([expect.stringMatching(/^\d+$/)])
  })
})

describe('changing', () => {
  test('CreateShelf takes the next number or the id asked for', async () => {
    expect((await library.call('CreateShelf', { shelf: { theme: 'Maps' } })).message['name']).toBe('shelves/4')
    const { message } = await library.call('CreateShelf', { shelf: { theme: 'Maps' }, shelf_id: 'maps' })
    expect(message).toMatchObject({ name: 'shelves/maps', theme: 'Maps', book_count: 0 })
  })

  test('UpdateShelf changes the theme and nothing that only the server sets', async () => {
    const shelf = { name: 'shelves/2', theme: 'Sciences', book_count: 99 }
    const { message } = await library.call('UpdateShelf', { shelf, update_mask: { paths: ['theme', 'book_count'] } })
    expect(message).toMatchObject({ theme: 'Sciences', book_count: 3 })
  })

  test('DeleteShelf with force takes the books too', async () => {
    expect((await library.call('DeleteShelf', { name: 'shelves/2', force: true })).message).toEqual({})
    expect(await library.fail('GetBook', { name: 'shelves/2/books/1' })).toMatchObject({ code: status.NOT_FOUND })
  })

  test('MergeShelves moves all books', async () => {
    const request = { name: 'shelves/1', other_shelf: 'shelves/2' }
    expect((await library.call('MergeShelves', request)).message).toMatchObject({ book_count: 8 })
    expect(await get('shelves/1/books/6')).toMatchObject({ title: 'The Art of Computer Programming' })
    expect(await library.fail('GetShelf', { name: 'shelves/2' })).toMatchObject({ code: status.NOT_FOUND })
  })

  test('CreateBook gives what only the server sets', async () => {
    const book = { title: 'Ficciones', genre: 'FICTION', state: 'CHECKED_OUT' }
    const { message } = await library.call('CreateBook', { parent: 'shelves/1', book, book_id: 'ficciones' })
    expect(message).toMatchObject({ name: 'shelves/1/books/ficciones', title: 'Ficciones', state: 'AVAILABLE' })
    expect(message['etag']).toMatch(/^[\w-]{12}$/)
    expect(await get('shelves/1/books/ficciones')).toEqual(message)
  })

  test.each([
    {
      named: 'one field',
      paths: ['rating'],
      book: { title: 'x', rating: 1 },
      gives: { title: 'Moby-Dick', rating: 1 },
    },
    { named: 'to its default', paths: ['page_count', 'blurb'], book: {}, gives: { page_count: 0, title: 'Moby-Dick' } },
    {
      named: 'a leaf of an unset message',
      paths: ['donation.donor'],
      book: { donation: { donor: 'Starbuck', anonymous: true } },
      gives: { donation: { donor: 'Starbuck', anonymous: false } },
    },
    { named: 'a whole map', paths: ['labels'], book: { labels: { a: 'b' } }, gives: { labels: { a: 'b' } } },
    { named: 'everything', paths: ['*'], book: { title: 'M' }, gives: { title: 'M', authors: [], subtitle: null } },
    {
      named: 'what is not empty, without a mask',
      paths: [],
      book: { title: 'M' },
      gives: { title: 'M', page_count: 625 },
    },
  ])('UpdateBook changes $named', async ({ paths, book, gives }) => {
    const name = 'shelves/1/books/4'
    const before = await get(name)
    const { message } = await library.call('UpdateBook', { book: { ...book, name }, update_mask: { paths } })
    expect(message).toMatchObject({ name, ...gives, state: 'AVAILABLE', create_time: before['create_time'] })
    expect(message['etag']).not.toBe(before['etag'])
    expect(await get(name)).toEqual(message)
  })

  test('UpdateBook without a mask takes every kind of field that is not empty, and a set optional', async () => {
    const name = 'shelves/1/books/4'
    const before = await get(name)
    const book = {
      name,
      title: 'GENRE_UNSPECIFIED',
      genre: 'POETRY',
      labels: { a: 'b' },
      tags: ['t'],
      blurb: '',
      fingerprint: Buffer.from([1]),
      copies_printed: '7',
      extra: { boolValue: false },
    }
    const { message } = await library.call('UpdateBook', { book })
    expect(message).toMatchObject({ ...book, rating: before['rating'], authors: before['authors'] })
    expect(message['subtitle']).toEqual(before['subtitle'])
  })

  test('UpdateBook that sets one member of a oneof unsets the other', async () => {
    const name = 'shelves/1/books/1'
    const book = { name, legend: 'found in the attic' }
    const { message } = await library.call('UpdateBook', { book, update_mask: { paths: ['legend'] } })
    expect(message).toMatchObject({ acquisition: 'legend', legend: 'found in the attic' })
    expect(message['purchase']).toBeUndefined()
  })

  test('UpdateBook with allow_missing creates', async () => {
    const book = { name: 'shelves/3/books/new', title: 'New' }
    expect((await library.call('UpdateBook', { book, allow_missing: true })).message).toMatchObject(book)
  })

  test('DeleteBook takes the etag it is given', async () => {
    const name = 'shelves/1/books/1'
    const { etag } = await get(name)
    await library.call('DeleteBook', { name, etag })
    expect(await library.fail('GetBook', { name })).toMatchObject({ code: status.NOT_FOUND })
  })

  test('MoveBook takes along what belongs to the book', async () => {
    const { message } = await library.call('MoveBook', { name: 'shelves/1/books/1', other_shelf: 'shelves/3' })
    expect(message).toMatchObject({ name: 'shelves/3/books/1', title: 'The Left Hand of Darkness' })
    const reviews = await library.call('ListReviews', { parent: 'shelves/3/books/1' })
    expect(names(reviews.message, 'reviews')).toEqual([1, 2].map((number) => `shelves/3/books/1/reviews/${number}`))
    await library.call('GetBookFile', { name: 'shelves/3/books/1/files/errata.txt' })
  })

  test('CheckoutBook and ReturnBook change the state', async () => {
    const name = 'shelves/1/books/1'
    const loan = await library.call('CheckoutBook', { name, borrower: 'me', period: { seconds: '3600' } })
    expect(loan.message).toMatchObject({ book: name, borrower: 'me', period: { seconds: '3600', nanos: 0 } })
    expect(await library.fail('CheckoutBook', { name, borrower: 'you' })).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: [
        { '@type': 'ErrorInfo', reason: 'BOOK_CHECKED_OUT', domain: 'library.example.com' },
        { '@type': 'PreconditionFailure', violations: [{ subject: name, description: 'me has it' }] },
      ],
    })
    expect((await library.call('ReturnBook', { name })).message).toMatchObject({ state: 'AVAILABLE' })
  })

  test('reviews are added and filtered', async () => {
    const parent = 'shelves/1/books/1'
    const review = { reviewer: 'Ai', stars: 4 }
    expect((await library.call('CreateReview', { parent, review })).message).toMatchObject({
      name: `${parent}/reviews/3`,
    })
    const { message } = await library.call('ListReviews', { parent, min_stars: 4 })
    expect(message).toMatchObject({ reviews: [{ reviewer: 'Genly' }, { reviewer: 'Ai' }] })
  })

  test('SetTags sorts, and drops what is said twice', async () => {
    const { message } = await library.call('SetTags', { name: 'shelves/1/books/1', tags: ['b', 'a', 'b'] })
    expect(message).toEqual({ tags: ['a', 'b'] })
  })

  test('metadata is any JSON object', async () => {
    const name = 'shelves/1/books/5'
    expect((await library.call('GetMetadata', { name })).message).toEqual({ fields: {} })
    const metadata = { fields: { deep: { listValue: { values: [{ nullValue: 'NULL_VALUE' }] } } } }
    await library.call('PutMetadata', { name, metadata })
    expect((await library.call('GetMetadata', { name })).message).toMatchObject(metadata)
  })
})

describe('raw bodies', () => {
  test.each([
    { format: '', type: 'text/plain; charset=utf-8', has: 'Moby-Dick\nHerman Melville\n\nCall me Ishmael.\n' },
    { format: 'text/html', type: 'text/html; charset=utf-8', has: '<title>Moby-Dick</title>' },
  ])('DownloadBook as "$format"', async ({ format, type, has }) => {
    const { message, headers } = await library.call('DownloadBook', { name: 'shelves/1/books/4', format })
    expect(message['content_type']).toBe(type)
    expect(String(message['data'])).toContain(has)
    expect(String(headers.get('content-disposition')[0])).toContain('filename="shelves-1-books-4.')
  })

  test('UploadCover keeps the bytes as they are', async () => {
    const name = 'shelves/1/books/2'
    const content = { content_type: 'image/gif', data: Buffer.from([0, 255, 128]) }
    const { message } = await library.call('UploadCover', { name, content })
    expect(message).toMatchObject({ book: name, content_type: 'image/gif', size_bytes: '3' })
    expect((await library.call('GetCover', { name })).message).toMatchObject(content)
    expect(await library.fail('UploadCover', { name, content })).toMatchObject({ code: status.ALREADY_EXISTS })
    await library.call('UploadCover', { name, content, overwrite: true })
  })

  test('GetBookFile finds files of any depth', async () => {
    const { message } = await library.call('GetBookFile', { name: 'shelves/1/books/1/files/notes/a b/ä.txt' })
    expect(String(message['data'])).toContain('a name with a space')
  })
})

describe('refusing', () => {
  const N = status.NOT_FOUND
  const I = status.INVALID_ARGUMENT
  const book = { name: 'shelves/1/books/1' }
  test.each([
    { method: 'GetShelf', request: { name: 'shelves/9' }, code: N, says: 'shelves/9 does not exist' },
    { method: 'GetBook', request: { name: 'shelves/1/books/9' }, code: N, says: 'shelves/1/books/9 does not exist' },
    { method: 'GetBook', request: { isbn: '1' }, code: N, says: 'books/1 does not exist' },
    { method: 'GetBook', request: {}, code: I, says: 'name: or isbn is required' },
    { method: 'GetBook', request: { ...book, isbn: '1' }, code: I, says: 'isbn: is given beside a name' },
    {
      method: 'GetBook',
      request: { ...book, read_mask: { paths: ['a'] } },
      code: I,
      says: 'read_mask: there is no field a',
    },
    { method: 'ListBooks', request: { parent: 'shelves/9' }, code: N, says: 'shelves/9 does not exist' },
    {
      method: 'ListBooks',
      request: { parent: 'shelves/1', page_size: -1 },
      code: I,
      says: 'page_size: must not be negative',
    },
    {
      method: 'ListBooks',
      request: { parent: 'shelves/1', page_token: 'bm9uZQ' },
      code: I,
      says: 'page_token: is not a token of this list, or the rest of the request has changed',
    },
    {
      method: 'ListBooks',
      request: { parent: 'shelves/1', filter: 'color = red' },
      code: I,
      says: 'filter: there is no field color to filter by at character 1',
    },
    {
      method: 'ListBooks',
      request: { parent: 'shelves/1', order_by: 'title up' },
      code: I,
      says: 'order_by: after title only asc or desc is expected',
    },
    {
      method: 'BatchGetBooks',
      request: { parent: 'shelves/1', names: ['shelves/1/books/1', 'shelves/2/books/1'] },
      code: I,
      says: 'names[1]: does not stand on shelves/1',
    },
    { method: 'SearchBooks', request: {}, code: I, says: 'criterion: is required: title, author, genre or label' },
    { method: 'CreateShelf', request: {}, code: I, says: 'shelf: is required' },
    { method: 'CreateShelf', request: { shelf: {} }, code: I, says: 'shelf.theme: must not be empty' },
    {
      method: 'CreateShelf',
      request: { shelf: { theme: 'x' }, shelf_id: '1' },
      code: status.ALREADY_EXISTS,
      says: 'shelves/1 exists already',
    },
    {
      method: 'DeleteShelf',
      request: { name: 'shelves/2' },
      code: status.FAILED_PRECONDITION,
      says: 'shelves/2: 3 books stand on it',
    },
    {
      method: 'CreateBook',
      request: { parent: 'shelves/-', book: { title: 'x' } },
      code: N,
      says: 'shelves/- does not exist',
    },
    { method: 'CreateBook', request: { parent: 'shelves/1' }, code: I, says: 'book: is required' },
    {
      method: 'CreateBook',
      request: { parent: 'shelves/1', book: {} },
      code: I,
      says: 'book.title: must not be empty',
    },
    {
      method: 'CreateBook',
      request: { parent: 'shelves/1', book: { title: 'x' }, book_id: 'A' },
      code: I,
      says: 'book_id: must be 1 to 63 lower-case letters, digits and hyphens',
    },
    {
      method: 'CreateBook',
      request: { parent: 'shelves/1', book: { title: 'x' }, book_id: '1' },
      code: status.ALREADY_EXISTS,
      says: 'shelves/1/books/1 exists already',
    },
    {
      method: 'UpdateBook',
      request: { book: { ...book, etag: 'old' } },
      code: status.ABORTED,
      says: 'shelves/1/books/1 was changed meanwhile: read it again',
    },
    {
      method: 'UpdateBook',
      request: { book, update_mask: { paths: ['labels.a'] } },
      code: I,
      says: 'update_mask: there is no field labels.a',
    },
    {
      method: 'UpdateBook',
      request: { book, update_mask: { paths: ['title'] } },
      code: I,
      says: 'book.title: must not be empty',
    },
    {
      method: 'DeleteBook',
      request: { ...book, etag: 'old' },
      code: status.ABORTED,
      says: 'shelves/1/books/1 was changed meanwhile: read it again',
    },
    { method: 'MoveBook', request: { ...book, other_shelf: 'shelves/9' }, code: N, says: 'shelves/9 does not exist' },
    { method: 'CheckoutBook', request: book, code: I, says: 'borrower: must not be empty' },
    {
      method: 'CheckoutBook',
      request: { ...book, borrower: 'me', period: { seconds: '99999999' } },
      code: I,
      says: 'period: must be more than nothing and at most twelve weeks',
    },
    {
      method: 'ReturnBook',
      request: book,
      code: status.FAILED_PRECONDITION,
      says: 'shelves/1/books/1: it is on its shelf',
    },
    {
      method: 'CreateReview',
      request: { parent: book.name, review: { reviewer: 'x', stars: 6 } },
      code: I,
      says: 'review.stars: must be 1 to 5',
    },
    {
      method: 'GetCover',
      request: { name: 'shelves/1/books/2' },
      code: N,
      says: 'shelves/1/books/2/cover does not exist',
    },
    { method: 'UploadCover', request: book, code: I, says: 'content: must not be empty' },
    {
      method: 'GetBookFile',
      request: { name: 'shelves/1/books/1/files/none' },
      code: N,
      says: 'shelves/1/books/1/files/none does not exist',
    },
  ])('$method: $says', async ({ method, request, code, says }) => {
    const failure = await library.fail(method, request)
    expect(failure).toMatchObject({ code, message: says })
    expect(failure.details[0]).toMatchObject({ '@type': 'ErrorInfo', domain: 'library.example.com' })
  })

  test('a missing resource is named in a ResourceInfo, a bad field in a BadRequest', async () => {
    expect((await library.fail('GetShelf', { name: 'shelves/9' })).details).toMatchObject([
      { reason: 'RESOURCE_NOT_FOUND', metadata: { resource: 'shelves/9' } },
      { '@type': 'ResourceInfo', resource_type: 'library.example.com/Shelf', resource_name: 'shelves/9' },
    ])
    expect((await library.fail('CreateShelf', { shelf: {} })).details).toMatchObject([
      { reason: 'INVALID_FIELD' },
      { '@type': 'BadRequest', field_violations: [{ field: 'shelf.theme', description: 'must not be empty' }] },
    ])
  })

  test('a page token of another query is refused', async () => {
    const { message } = await library.call('ListBooks', { parent: 'shelves/1', page_size: 1 })
    const page_token = message['next_page_token']
    const failure = await library.fail('ListBooks', { parent: 'shelves/1', filter: 'rating > 1', page_token })
    expect(failure).toMatchObject({ code: I })
  })

  test('x-example-fail fails with the code asked for', async () => {
    expect(await library.fail('GetShelf', { name: 'shelves/1' }, { 'x-example-fail': '14' })).toMatchObject({
      code: 14,
    })
  })

  test('x-example-delay-ms waits before answering', async () => {
    const began = performance.now()
    await library.call('GetShelf', { name: 'shelves/1' }, { 'x-example-delay-ms': '60' })
    expect(performance.now() - began).toBeGreaterThan(55)
  })
})

describe('streaming', () => {
  test('WatchShelf tells what happened and what happens', async () => {
    const stream = library.raw['WatchShelf']!({ name: 'shelves/3', start_time: { seconds: '0' }, max_events: 2 })
    await new Promise((resolve) => stream.once('metadata', resolve))
    await library.call('CreateBook', { parent: 'shelves/3', book: { title: 'Odes' } })
    await library.call('DeleteBook', { name: 'shelves/3/books/1' })
    const events: Fields[] = []
    for await (const event of stream) events.push(event)
    expect(events).toMatchObject([{ change: 'added', added: { title: 'Odes' } }, { removed: 'shelves/3/books/1' }])
  })

  test('WatchShelf of no shelf is NOT_FOUND', async () => {
    const stream = library.raw['WatchShelf']!({ name: 'shelves/9' })
    const error = await new Promise((resolve) => stream.on('error', resolve))
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'shelves/9 does not exist' })
  })

  test('ImportBooks counts', async () => {
    const answer = await new Promise((resolve, reject) => {
      const stream = library.raw['ImportBooks']!((error: Error | null, value: Fields) =>
        error ? reject(error) : resolve(value),
      )
      for (const title of ['One', 'Two']) stream.write({ parent: 'shelves/3', book: { title } })
      stream.end()
    })
    expect(answer).toEqual({ imported: 2, names: ['shelves/3/books/1', 'shelves/3/books/2'] })
  })

  test('Converse answers each message', async () => {
    const stream = library.raw['Converse']!()
    stream.write({ text: 'solaris' })
    stream.write({ text: 'dune' })
    stream.end()
    const answers: Fields[] = []
    for await (const answer of stream) answers.push(answer)
    expect(answers).toEqual([
      { text: '"Solaris" is shelves/1/books/2.', turn: 1 },
      { text: 'I know of no book called "dune".', turn: 2 },
    ])
  })
})
