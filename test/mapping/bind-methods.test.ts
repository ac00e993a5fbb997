import { describe, expect, test } from '@jest/globals'
import { create } from '@bufbuild/protobuf'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { MethodOptionsSchema } from '@bufbuild/protobuf/wkt'
import { bindMethods, printTemplate, readMappingFile, type Binding } from '../../src/mapping/index.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { compileSchema } from './compile.js'

const MESSAGES = `
  package t.v1;
  enum Kind { KIND_UNSPECIFIED = 0; NEW = 1; }
  message Book { string name = 1; string isbn = 2; Author author = 3; repeated string tags = 4; }
  message Author { string name = 1; Book first_book = 2; }
  message Req {
    string name = 1; int64 id = 2; Kind kind = 3; bytes token = 4; optional bool flag = 5; Book book = 6;
    repeated string many = 7; repeated Book books = 8; map<string, string> labels = 9;
    google.protobuf.Timestamp time = 10; google.protobuf.Duration wait = 11; google.protobuf.FieldMask mask = 12;
    google.protobuf.StringValue wrapped = 13; google.protobuf.Int64Value big = 14; google.protobuf.BoolValue yes = 15;
    google.protobuf.Struct struct = 16; google.protobuf.Any any = 17; google.protobuf.Value value = 18;
    google.protobuf.Empty empty = 19;
    oneof choice { string left = 20; string right = 21; Book other = 22; }
    string display_name = 23 [json_name = "shown"];
    string shown_too = 24;
  }
`
const schemaWith = (services: string, more = {}) => compileSchema(MESSAGES + services, more)
const onePlain = schemaWith('service S { rpc M(Req) returns (Book); }')

function say({ method, httpMethod, template, body, responseBody, source }: Binding): string {
  const parts = [`${method.parent.name}.${method.name}`, httpMethod, printTemplate(template)]
  if (body.kind !== 'none') parts.push(`body=${body.kind === 'field' ? body.field.name : '*'}`)
  if (responseBody !== undefined) parts.push(`response=${responseBody.name}`)
  parts.push(source)
  return parts.join(' ')
}

function bind(schema: ReturnType<typeof compileSchema>, ...texts: string[]) {
  const problems = new Problems()
  const files = texts.map((text, index) => readMappingFile({ file: `m${index}.yaml`, text }, problems))
  const { bindings, unmapped } = bindMethods({ schema, files, problems })
  return {
    bindings,
    said: bindings.map(say),
    unmapped: unmapped.map(({ parent, name }) => `${parent.name}.${name}`),
    errors: problems.errors.map(formatProblem),
    warnings: problems.warnings.map(formatProblem),
  }
}

/** A mapping file of rules in flow form, one a line; a rule's line is its index + 3. */
const file = (...rules: string[]) => `http:\n  rules:\n${rules.map((text) => `  - { ${text} }\n`).join('')}`

describe('annotations', () => {
  const schema = schemaWith(`
    service S {
      rpc Get(Req) returns (Book) { option (google.api.http) = {
        get: "/v1/{name=shelves/*/books/*}"
        additional_bindings { get: "/v1/books/{book.author.first_book.isbn}" response_body: "isbn" }
        additional_bindings { custom { kind: "HEAD" path: "/v1/x" } }
        additional_bindings { post: "/v1/x:get" body: "*" }
      }; }
      rpc Put(Req) returns (Book) { option (google.api.http) = { put: "/v1/x/{name}" body: "book" }; }
      rpc Any(Req) returns (Book) { option (google.api.http) = { custom { kind: "*" path: "/v1/any" } }; }
      rpc None(Req) returns (Book);
      rpc Stream(stream Req) returns (stream Book) { option (google.api.http) = { delete: "/v1/x" }; }
      rpc WithBody(Req) returns (Book) { option (google.api.http) = { get: "/v1/b" body: "*" response_body: "*" }; }
    }
    service T { rpc Patch(Req) returns (Book) { option (google.api.http).patch = "/v1/{book.name=**}"; } }
  `)

  test('are bound, in the order of methods and bindings', () => {
    const { said, unmapped, errors, warnings } = bind(schema)
    expect(errors).toEqual([])
    expect(warnings).toEqual([])
    expect(said).toEqual([
      'S.Get GET /v1/{name=shelves/*/books/*} annotation',
      'S.Get GET /v1/books/{book.author.first_book.isbn} response=isbn annotation',
      'S.Get HEAD /v1/x annotation',
      'S.Get POST /v1/x:get body=* annotation',
      'S.Put PUT /v1/x/{name} body=book annotation',
      'S.Any * /v1/any annotation',
      'S.Stream DELETE /v1/x annotation',
      'S.WithBody GET /v1/b body=* annotation',
      'T.Patch PATCH /v1/{book.name=**} annotation',
    ])
    expect(unmapped).toEqual(['S.None'])
  })

  test('know the place of their path, and the fields of their captures', () => {
    const { bindings } = bind(schema)
    expect(bindings.map(({ position }) => position.file)).toEqual([
      'test.proto#google.api.http.get',
      'test.proto#google.api.http.additional_bindings.0.get',
      'test.proto#google.api.http.additional_bindings.1.custom.path',
      'test.proto#google.api.http.additional_bindings.2.post',
      'test.proto#google.api.http.put',
      'test.proto#google.api.http.custom.path',
      'test.proto#google.api.http.delete',
      'test.proto#google.api.http.get',
      'test.proto#google.api.http.patch',
    ])
    expect(bindings[1]!.captures[0]!.path.map(({ name }) => name)).toEqual(['book', 'author', 'first_book', 'isbn'])
    expect(bindings[1]!.captures[0]!.fullyDecode).toBe(false)
  })

  test('a repeated option merges, as a repeated message field does', () => {
    const schema = schemaWith(`
      service S { rpc M(Req) returns (Book) {
        option (google.api.http).post = "/v1/m"; option (google.api.http).body = "*";
      } }`)
    const [field] = schema.services[0]!.desc.methods[0]!.proto.options!.$unknown!
    const [post, body] = [field!.data.slice(1, 8), field!.data.slice(8)]
    const halves = [post, body].map((data) => ({ ...field!, data: new BinaryWriter().bytes(data).finish() }))
    schema.services[0]!.desc.methods[0]!.proto.options!.$unknown = halves
    expect(bind(schema).said).toEqual(['S.M POST /v1/m body=* annotation'])
  })

  test.each([
    {
      name: 'no pattern',
      option: '{ body: "*" }',
      error:
        'test.proto#google.api.http:1:1: the google.api.http option has no path (t.v1.S.M): give it get, post, … or custom',
    },
    {
      name: 'an additional binding without pattern',
      option: '{ get: "/x" additional_bindings { body: "*" } }',
      error:
        'test.proto#google.api.http.additional_bindings.0:1:1: an additional binding has no path (t.v1.S.M): give it get, post, … or custom',
    },
    {
      name: 'nested additional_bindings',
      option: '{ get: "/x" additional_bindings { get: "/y" additional_bindings { get: "/z" } } }',
      error:
        'test.proto#google.api.http.additional_bindings.0.additional_bindings:1:1: additional_bindings inside additional_bindings: one level only (t.v1.S.M): list them all directly in the rule',
    },
    {
      name: 'a template with an error',
      option: '{ get: "/v1/{name" }',
      error:
        'test.proto#google.api.http.get:1:1: path template "/v1/{name": unclosed \'{\' at offset 4 (t.v1.S.M): write it like /v1/{name=shelves/*/books/*}:verb',
    },
    {
      name: 'an empty path',
      option: '{ get: "" }',
      error:
        'test.proto#google.api.http.get:1:1: path template "": an empty template at offset 0 (t.v1.S.M): write it like /v1/{name=shelves/*/books/*}:verb',
    },
    {
      name: 'a template error in an additional binding',
      option: '{ get: "/x" additional_bindings { post: "y" } }',
      error:
        "test.proto#google.api.http.additional_bindings.0.post:1:1: path template \"y\": a template begins with '/': 'y' at offset 0 (t.v1.S.M): write it like /v1/{name=shelves/*/books/*}:verb",
    },
    {
      name: 'a kind in lower case',
      option: '{ custom { kind: "head" path: "/x" } }',
      error:
        'test.proto#google.api.http.custom.kind:1:1: custom kind "head" is in lower case, and HTTP methods are case-sensitive (t.v1.S.M): write "HEAD"',
    },
    {
      name: 'a kind that is no token',
      option: '{ custom { kind: "GET POST" path: "/x" } }',
      error:
        'test.proto#google.api.http.custom.kind:1:1: custom kind "GET POST" is not an HTTP method (t.v1.S.M): write a name like REPORT, or * for any',
    },
    {
      name: 'no kind',
      option: '{ custom { path: "/x" } }',
      error:
        'test.proto#google.api.http.custom.kind:1:1: custom kind "" is not an HTTP method (t.v1.S.M): write a name like REPORT, or * for any',
    },
    {
      name: 'a kind that is never served',
      option: '{ custom { kind: "TRACE" path: "/x" } }',
      error: 'test.proto#google.api.http.custom.kind:1:1: custom kind "TRACE" is never served (t.v1.S.M)',
    },
    {
      name: 'a body that is no field',
      option: '{ post: "/x" body: "bok" }',
      error: 'test.proto#google.api.http.body:1:1: body: t.v1.Req has no field "bok" (t.v1.S.M): did you mean "book"?',
    },
    {
      name: 'a response_body that is no field',
      option: '{ get: "/x" response_body: "isbm" }',
      error:
        'test.proto#google.api.http.response_body:1:1: response_body: t.v1.Book has no field "isbm" (t.v1.S.M): did you mean "isbn"?',
    },
  ])('$name: refused', ({ option, error }) => {
    const { errors } = bind(
      schemaWith(`service S { rpc M(Req) returns (Book) { option (google.api.http) = ${option}; } }`),
    )
    expect(errors).toEqual([error])
  })

  test.each([
    { name: 'bytes that are no HttpRule', wireType: 2, data: Uint8Array.of(2, 0x12, 9) },
    { name: 'another wire type', wireType: 0, data: Uint8Array.of(1) },
  ])('$name: refused', ({ wireType, data }) => {
    const schema = schemaWith('service S { rpc M(Req) returns (Book); }')
    schema.services[0]!.desc.methods[0]!.proto.options = create(MethodOptionsSchema)
    schema.services[0]!.desc.methods[0]!.proto.options.$unknown = [{ no: 72295728, wireType, data }]
    expect(bind(schema).errors).toEqual([
      'test.proto#google.api.http:1:1: the google.api.http option is not a google.api.HttpRule (t.v1.S.M)',
    ])
  })
})

describe('path variables', () => {
  test.each([
    ...['name', 'id', 'kind', 'token', 'flag', 'book.name', 'book.author.first_book.isbn', 'left', 'other.name'],
    ...['time', 'wait', 'mask', 'wrapped', 'big', 'yes', 'shown', 'display_name', 'wrapped.value', 'any.type_url'],
  ])('{%s} is accepted', (variable) => {
    const { errors, bindings } = bind(onePlain, file(`selector: t.v1.S.M, get: "/v1/{${variable}}"`))
    expect(errors).toEqual([])
    expect(bindings[0]!.captures).toHaveLength(1)
  })

  test('{wrapped.value} is {wrapped}: a wrapper is its value, in every format', () => {
    const { bindings } = bind(onePlain, file('selector: t.v1.S.M, get: "/v1/{wrapped.value}"'))
    expect(bindings[0]!.captures.map(({ path }) => path.map(({ name }) => name))).toEqual([['wrapped']])
  })

  test('a field is meant by its proto name before another by its JSON name', () => {
    const schema = compileSchema(
      'package t.v1; message Req { string x = 1 [json_name = "y"]; string y = 2 [json_name = "x"]; } service S { rpc M(Req) returns (Req); }',
    )
    const { bindings } = bind(schema, file('selector: t.v1.S.M, get: "/{y}/{x}"'))
    expect(bindings[0]!.captures.map(({ path }) => path[0]!.number)).toEqual([2, 1])
  })

  test.each([
    { path: '/{nam}', error: 'path variable {nam}: t.v1.Req has no field "nam" (t.v1.S.M): did you mean "name"?' },
    {
      path: '/{book.nam}',
      error: 'path variable {book.nam}: t.v1.Book has no field "nam" (t.v1.S.M): did you mean "name"?',
    },
    {
      path: '/{book.zzzzzz}',
      error:
        'path variable {book.zzzzzz}: t.v1.Book has no field "zzzzzz" (t.v1.S.M): its fields are name, isbn, author, tags',
    },
    {
      path: '/{empty.x}',
      error: 'path variable {empty.x}: google.protobuf.Empty has no field "x" (t.v1.S.M): it has no fields at all',
    },
    { path: '/{many}', error: 'path variable {many}: many is repeated (t.v1.S.M): name a field with a single value' },
    {
      path: '/{books.name}',
      error: 'path variable {books.name}: books is repeated (t.v1.S.M): name a field with a single value',
    },
    {
      path: '/{book.tags}',
      error: 'path variable {book.tags}: tags is repeated (t.v1.S.M): name a field with a single value',
    },
    {
      path: '/{labels}',
      error: 'path variable {labels}: labels is a map (t.v1.S.M): name a field with a single value',
    },
    {
      path: '/{labels.x}',
      error: 'path variable {labels.x}: labels is a map (t.v1.S.M): name a field with a single value',
    },
    {
      path: '/{book}',
      error:
        'path variable {book}: book is a message (t.v1.Book), not a single value (t.v1.S.M): name a field inside it',
    },
    {
      path: '/{struct}',
      error:
        'path variable {struct}: struct is a message (google.protobuf.Struct), not a single value (t.v1.S.M): name a field inside it',
    },
    {
      path: '/{any}',
      error:
        'path variable {any}: any is a message (google.protobuf.Any), not a single value (t.v1.S.M): name a field inside it',
    },
    {
      path: '/{value}',
      error:
        'path variable {value}: value is a message (google.protobuf.Value), not a single value (t.v1.S.M): name a field inside it',
    },
    {
      path: '/{empty}',
      error:
        'path variable {empty}: empty is a message (google.protobuf.Empty), not a single value (t.v1.S.M): name a field inside it',
    },
    {
      path: '/{name.x}',
      error: 'path variable {name.x}: name is a single value, it has no fields (t.v1.S.M): bind {name} itself',
    },
    {
      path: '/{name}/{name}',
      error: 'path variable {name} is bound twice (t.v1.S.M): keep one of them, and write * or ** for the other',
    },
    {
      path: '/{shown}/{display_name}',
      error:
        'path variable {display_name} is bound twice (t.v1.S.M): keep one of them, and write * or ** for the other',
    },
    {
      path: '/{time}/{time.seconds}',
      error:
        'path variables {time} and {time.seconds} bind one within the other (t.v1.S.M): keep one of them, and write * or ** for the other',
    },
    {
      path: '/{wrapped}/{wrapped.value}',
      error: 'path variable {wrapped} is bound twice (t.v1.S.M): keep one of them, and write * or ** for the other',
    },
    {
      path: '/{wrapped.value.x}',
      error:
        'path variable {wrapped.value.x}: wrapped is a message (google.protobuf.StringValue), it has no fields (t.v1.S.M): bind {wrapped} itself',
    },
    {
      path: '/{left}/{right}',
      error:
        'path variables {left} and {right} are members of one oneof, choice (t.v1.S.M): keep one of them, and write * or ** for the other',
    },
    {
      path: '/{left}/{other.name}',
      error:
        'path variables {left} and {other.name} are members of one oneof, choice (t.v1.S.M): keep one of them, and write * or ** for the other',
    },
  ])('$path: refused', ({ path, error }) => {
    const { errors, bindings } = bind(onePlain, file(`selector: t.v1.S.M, get: "${path}"`))
    expect(errors).toEqual([`m0.yaml:3:32: ${error}`])
    expect(bindings).toEqual([])
  })
})

describe('body and response_body', () => {
  test.each([
    { body: '*', said: 'S.M POST /{name} body=* mapping' },
    { body: 'book', said: 'S.M POST /{name} body=book mapping' },
    { body: 'many', said: 'S.M POST /{name} body=many mapping' },
    { body: 'labels', said: 'S.M POST /{name} body=labels mapping' },
    { body: 'kind', said: 'S.M POST /{name} body=kind mapping' },
    { body: 'shown', said: 'S.M POST /{name} body=display_name mapping' },
    { body: '', said: 'S.M POST /{name} mapping' },
  ])('body "$body"', ({ body, said }) => {
    const result = bind(onePlain, file(`selector: t.v1.S.M, post: "/{name}", body: "${body}"`))
    expect(result.errors).toEqual([])
    expect(result.said).toEqual([said])
  })

  test('a variable may be inside the body field', () => {
    const result = bind(onePlain, file('selector: t.v1.S.M, post: "/{book.name}", body: book'))
    expect(result.said).toEqual(['S.M POST /{book.name} body=book mapping'])
  })

  test.each([
    {
      rule: 'post: /x, body: book.name',
      error: 'm0.yaml:3:43: body "book.name" is not a direct field of t.v1.Req (t.v1.S.M): write "book" or "*"',
    },
    {
      rule: 'post: /x, body: nothing',
      error:
        'm0.yaml:3:43: body: t.v1.Req has no field "nothing" (t.v1.S.M): its fields are name, id, kind, token, flag, book, many, books, …',
    },
    {
      rule: 'post: "/{name}", body: name',
      error: 'm0.yaml:3:50: body "name" is bound by the path already (t.v1.S.M): bind it in one place',
    },
    {
      rule: 'get: /x, response_body: author.name',
      error:
        'm0.yaml:3:51: response_body "author.name" is not a direct field of t.v1.Book (t.v1.S.M): write "author" or "*"',
    },
    {
      rule: 'get: /x, response_body: display_name',
      error:
        'm0.yaml:3:51: response_body: t.v1.Book has no field "display_name" (t.v1.S.M): its fields are name, isbn, author, tags',
    },
  ])('$rule: refused', ({ rule, error }) => {
    expect(bind(onePlain, file(`selector: t.v1.S.M, ${rule}`)).errors).toEqual([error])
  })
})

describe('mapping files', () => {
  const two = schemaWith(
    `service S {
      rpc A(Req) returns (Book) { option (google.api.http) = { get: "/old/a" additional_bindings { get: "/old/b" } }; }
      rpc B(Req) returns (Book);
    }
    service Away { rpc C(Req) returns (Book); }`,
    { unserved: ['Away'] },
  )

  test('mapping file and annotation for one method: the file wins, whole', () => {
    const { said, errors } = bind(two, file('selector: t.v1.S.A, get: /new'))
    expect(errors).toEqual([])
    expect(said).toEqual(['S.A GET /new mapping'])
  })

  test('a rule that is a selector alone: not exposed, annotated or not, nor counted as without a rule', () => {
    const { said, unmapped, errors } = bind(two, file('selector: t.v1.S.*'))
    expect(errors).toEqual([])
    expect({ said, unmapped }).toEqual({ said: [], unmapped: [] })
    const again = bind(two, file('selector: t.v1.S.*'), file('selector: t.v1.S.B, get: /b'))
    expect(again.said).toEqual(['S.B GET /b mapping'])
  })

  test('within files the later rule wins: a warning in one file, silence across files', () => {
    const across = bind(two, file('selector: t.v1.S.A, get: /one'), file('selector: t.v1.S.*, get: "/two/{name}"'))
    expect(across.said).toEqual(['S.A GET /two/{name} mapping', 'S.B GET /two/{name} mapping'])
    expect(across.warnings).toEqual([])
    const within = bind(two, file('selector: t.v1.S.A, get: /one', 'selector: t.v1.S.A, get: /two'))
    expect(within.said).toEqual(['S.A GET /two mapping'])
    expect(within.warnings).toEqual([
      'm0.yaml:3:17: the rule at m0.yaml:4:17 overrides this one (t.v1.S.A): to keep both, make one an additional binding of the other',
    ])
  })

  test('a selector may list methods', () => {
    const { said } = bind(two, file('selector: "t.v1.S.A, t.v1.S.B", get: /x'))
    expect(said).toEqual(['S.A GET /x mapping', 'S.B GET /x mapping'])
  })

  test('fully_decode_reserved_expansion is for the rules of its file', () => {
    const whole =
      'http:\n  fully_decode_reserved_expansion: true\n  rules: [{ selector: t.v1.S.A, get: "/{name=**}" }]\n'
    const { bindings } = bind(two, whole, file('selector: t.v1.S.B, get: "/b/{name=**}"'))
    expect(bindings.map(({ captures }) => captures[0]!.fullyDecode)).toEqual([true, false])
  })

  test.each([
    { selector: 't.v1.S.C', error: 'the selector matches no method (t.v1.S.C): did you mean "t.v1.S.A"?' },
    {
      selector: 't.v1.S',
      error: 'the selector matches no method (t.v1.S): "t.v1.S" has methods but is none: write "t.v1.S.*"',
    },
    { selector: 't.v2.*', error: 'the selector matches no method (t.v2.*): did you mean "t.v1.*"?' },
    {
      selector: 't.v1.Away.C',
      error:
        'the selector matches no method (t.v1.Away.C): test.proto is only imported: name it in `schema` to serve its services',
    },
    { selector: 't.v1.S.A, t.v1.S.X', error: 'the selector matches no method (t.v1.S.X): did you mean "t.v1.S.A"?' },
    { selector: 't.v1.S.A*', error: 'selector "t.v1.S.A*": "t.v1.S.A*" has a \'*\' that is not a whole component' },
  ])('selector $selector: refused', ({ selector, error }) => {
    expect(bind(two, file(`selector: "${selector}", get: /x`)).errors).toEqual([`m0.yaml:3:17: ${error}`])
  })

  test('one unsound rule does not make an error in another invisible, not in an overridden one either', () => {
    const { errors, said } = bind(
      two,
      file(
        'selector: t.v1.S.A, get: "/{nope1}/{nope2}", body: nope3, response_body: nope4',
        'selector: t.v1.S.A, get: /fine',
        'selector: t.v1.Nope.M, get: "/{"',
        'get: "//"',
        'selector: t.v1.S.B, get: "/{book}", additional_bindings: [{ get: "x" }, { get: "/b" }]',
      ),
    )
    expect(errors.map((error) => error.replace(/: .*/, ''))).toEqual([
      ...['m0.yaml:6:5'], // no selector
      ...['m0.yaml:3:32', 'm0.yaml:3:32', 'm0.yaml:3:58', 'm0.yaml:3:80'],
      ...['m0.yaml:5:35', 'm0.yaml:5:17'], // its template, its selector
      'm0.yaml:6:12',
      ...['m0.yaml:7:72', 'm0.yaml:7:32'],
    ])
    expect(said).toEqual(['S.A GET /fine mapping', 'S.B GET /b mapping'])
  })

  test('a broken annotation is a warning where a file overrides it', () => {
    const schema = schemaWith('service S { rpc M(Req) returns (Book) { option (google.api.http) = { get: "/{x}" }; } }')
    expect(bind(schema).errors).toHaveLength(1)
    const { errors, warnings, said } = bind(schema, file('selector: t.v1.S.M, get: /x'))
    expect(errors).toEqual([])
    expect(warnings).toEqual([
      'test.proto#google.api.http.get:1:1: in an annotation that a mapping file overrides: ' +
        'path variable {x}: t.v1.Req has no field "x" (t.v1.S.M): ' +
        'its fields are name, id, kind, token, flag, book, many, books, …',
    ])
    expect(said).toEqual(['S.M GET /x mapping'])
  })
})

describe('the identical binding repeated for one method: kept once, warned', () => {
  test('warned at the second place', () => {
    const { said, warnings, errors } = bind(
      onePlain,
      file('selector: t.v1.S.M, get: "/{name}", additional_bindings: [{ get: "/{name=*}" }, { get: /x }]'),
    )
    expect(errors).toEqual([])
    expect(said).toEqual(['S.M GET /{name} mapping', 'S.M GET /x mapping'])
    expect(warnings).toEqual([
      'm0.yaml:3:72: GET /{name=*} repeats the binding at m0.yaml:3:32 (t.v1.S.M): remove one of them',
    ])
  })

  test.each([
    { name: 'another variable', second: 'get: "/{left}"' },
    { name: 'another body', second: 'get: "/{name}", body: "*"' },
    { name: 'another response_body', second: 'get: "/{name}", response_body: isbn' },
    { name: 'another method', second: 'put: "/{name}"' },
  ])('$name is not identical', ({ second }) => {
    const { said, warnings } = bind(
      onePlain,
      file(`selector: t.v1.S.M, get: "/{name}", additional_bindings: [{ ${second} }]`),
    )
    expect(said).toHaveLength(2)
    expect(warnings).toEqual([])
  })
})

describe('automatic mapping', () => {
  const services = `
    service S {
      rpc A(Req) returns (Book) { option (google.api.http) = { get: "/a" }; }
      rpc B(Req) returns (Book);
      rpc C(stream Req) returns (Book);
    }`

  test('serves methods without a rule at POST /package.Service/Method; an explicit rule replaces it', () => {
    const { said, unmapped, bindings } = bind(
      schemaWith(services, { autoMap: true }),
      file('selector: t.v1.S.C, put: /c'),
    )
    expect(said).toEqual(['S.A GET /a annotation', 'S.B POST /t.v1.S/B body=* automatic', 'S.C PUT /c mapping'])
    expect(unmapped).toEqual([])
    expect(bindings[1]!.position.file).toBe('test.proto@B')
  })

  test('without autoMap an unannotated method is not exposed, and counted', () => {
    expect(bind(schemaWith(services)).unmapped).toEqual(['S.B', 'S.C'])
  })

  const grpc = 'package grpc.health.v1; message Req {} service Health { rpc Check(Req) returns (Req); }'
  test('grpc.* services are never mapped on their own, nor counted', () => {
    for (const autoMap of [true, false]) {
      const { said, unmapped } = bind(compileSchema(grpc, { autoMap }))
      expect({ said, unmapped }).toEqual({ said: [], unmapped: [] })
    }
  })

  test.each([
    { selector: 'grpc.health.v1.Health.Check', said: ['Health.Check GET /x mapping'] },
    { selector: 'grpc.*', said: ['Health.Check GET /x mapping'] },
    { selector: '*', said: [] },
  ])('… but by a rule that names them: $selector', ({ selector, said }) => {
    expect(bind(compileSchema(grpc), file(`selector: "${selector}", get: /x`)).said).toEqual(said)
  })
})
