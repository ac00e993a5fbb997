import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseTemplate, printTemplate, templateShape, type Template } from '../../src/mapping/index.js'

function parse(source: string): Template {
  const parsed = parseTemplate(source)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed.template
}

describe('templates of the grammar and our extensions', () => {
  test.each([
    { source: '/', shape: '/ ', vars: [] },
    { source: '/v1', shape: '/v1 ', vars: [] },
    { source: '/v1/*', shape: '/v1/* ', vars: [] },
    { source: '/**', shape: '/** ', vars: [] },
    { source: '/v1/{name}', shape: '/v1/* ', vars: ['name[1,2)'] },
    { source: '/v1/{name=*}', shape: '/v1/* ', vars: ['name[1,2)'] },
    { source: '/v1/{name=**}', shape: '/v1/** ', vars: ['name[1,2)+'] },
    { source: '/v1/{name=shelves/*/books/*}', shape: '/v1/shelves/*/books/* ', vars: ['name[1,5)+'] },
    { source: '/v1/{book.name=shelves/*}', shape: '/v1/shelves/* ', vars: ['book.name[1,3)+'] },
    { source: '/v1/{a}/{b.c_2._d}/x', shape: '/v1/*/*/x ', vars: ['a[1,2)', 'b.c_2._d[2,3)'] },
    { source: '/{x=fixed}', shape: '/fixed ', vars: ['x[0,1)'] },
    { source: '/v1/{name=shelves/*}:close', shape: '/v1/shelves/* close', vars: ['name[1,3)+'] },
    { source: '/v1/x:batch-Get_2.~', shape: '/v1/x batch-Get_2.~', vars: [] },
    { source: '/v2/{resource=**}:test', shape: '/v2/** test', vars: ['resource[1,2)+'] },
    { source: '/v1/**:x', shape: '/v1/** x', vars: [] },
    { source: '/v1/{name=**}/x', shape: '/v1/**/x ', vars: ['name[1,2)+'] },
    { source: '/v1/**/*/y/{z}', shape: '/v1/**/*/y/* ', vars: ['z[4,5)'] },
    { source: '/v1/{a=x/**}/{b=y/*}', shape: '/v1/x/**/y/* ', vars: ['a[1,3)+', 'b[3,5)+'] },
    // "`:` begins the verb, only the last one in the last segment and outside braces"
    { source: '/v1/a:b/c', shape: '/v1/a:b/c ', vars: [] },
    { source: '/v1/a:b:c', shape: '/v1/a:b c', vars: [] },
    { source: '/v1/{x=a:b}', shape: '/v1/a:b ', vars: ['x[1,2)'] },
    { source: '/v1/{x=a:b/*}:c', shape: '/v1/a:b/* c', vars: ['x[1,3)+'] },
    // RFC 3986 path characters
    { source: "/v1/a-._~!$&'()+,;=@z", shape: "/v1/a-._~!$&'()+,;=@z ", vars: [] },
    { source: '/v1/a*', shape: '/v1/a* ', vars: [] },
    // "Literals match after decoding unreserved characters"
    { source: '/v1/%61%7e%2D', shape: '/v1/a~- ', vars: [] },
    { source: '/v1/a%2fb%c3%a9', shape: '/v1/a%2Fb%C3%A9 ', vars: [] },
    { source: '/v1/x:%63lose', shape: '/v1/x close', vars: [] },
    { source: '/...', shape: '/... ', vars: [] },
  ])('$source', ({ source, shape, vars }) => {
    const template = parse(source)
    expect(templateShape(template)).toBe(shape)
    expect(
      template.variables.map(
        ({ fieldPath, start, end, isMultiSegment }) =>
          `${fieldPath.join('.')}[${start},${end})${isMultiSegment ? '+' : ''}`,
      ),
    ).toEqual(vars)
    expect(template.source).toBe(source)
  })
})

describe('templates refused, with the character and where it is', () => {
  test.each([
    { source: '', error: 'an empty template at offset 0' },
    { source: 'v1/books', error: "a template begins with '/': 'v' at offset 0" },
    { source: '{name}', error: "a template begins with '/': '{' at offset 0" },
    { source: ':verb', error: "a template begins with '/': ':' at offset 0" },
    { source: '//', error: 'empty segment at offset 1' },
    { source: '/v1//x', error: 'empty segment at offset 4' },
    { source: '/v1/', error: 'empty segment at offset 4' },
    { source: '/:verb', error: 'empty segment at offset 1' },
    { source: '/a/:verb', error: 'empty segment at offset 3' },
    { source: '/v1/x:', error: "empty verb after ':' at offset 5" },
    { source: '/v1/{x}:', error: "empty verb after ':' at offset 7" },
    { source: '/**:', error: "empty verb after ':' at offset 3" },
    { source: '/v1/{a={b}}', error: "a variable inside a variable: unexpected '{' at offset 7" },
    { source: '/v1/{a=x/{b}}', error: "a variable inside a variable: unexpected '{' at offset 9" },
    { source: '/v1/{a', error: "unclosed '{' at offset 4" },
    { source: '/v1/{', error: "unclosed '{' at offset 4" },
    { source: '/v1/{a=x/*', error: "unclosed '{' at offset 4" },
    { source: '/v1/{a:close', error: "unexpected ':' in a variable at offset 6" },
    { source: '/v1/{}', error: "a field name begins with a letter or '_': '}' at offset 5" },
    { source: '/v1/{=x}', error: "a field name begins with a letter or '_': '=' at offset 5" },
    { source: '/v1/{a.}', error: "a field name begins with a letter or '_': '}' at offset 7" },
    { source: '/v1/{.a}', error: "a field name begins with a letter or '_': '.' at offset 5" },
    { source: '/v1/{1a}', error: "a field name begins with a letter or '_': '1' at offset 5" },
    { source: '/v1/{a-b}', error: "unexpected '-' in a variable at offset 6" },
    { source: '/v1/{a b}', error: 'unexpected U+0020 in a variable at offset 6' },
    { source: '/v1/{a=}', error: 'empty segment at offset 7' },
    { source: '/v1/{a=/x}', error: 'empty segment at offset 7' },
    { source: '/v1/{a=x/}', error: 'empty segment at offset 9' },
    { source: '/v1/{a}b', error: "unexpected 'b' after a variable, which is a whole segment at offset 7" },
    { source: '/v1/{a}{b}', error: "unexpected '{' after a variable, which is a whole segment at offset 7" },
    { source: '/v1/{a}:b:c', error: "unexpected ':' after a variable, which is a whole segment at offset 7" },
    { source: '/v1/{a}:b/c', error: "unexpected ':' after a variable, which is a whole segment at offset 7" },
    { source: '/v1/a{b}', error: "illegal character '{' (a variable is a whole segment) at offset 5" },
    { source: '/v1/a}', error: "illegal character '}' (it closes nothing) at offset 5" },
    { source: '/v1/{a}}', error: "unexpected '}' after a variable, which is a whole segment at offset 7" },
    { source: '/**/**', error: "a second '**' (the first is at 1) at offset 4" },
    { source: '/{a=**}/x/{b=**}', error: "a second '**' (the first is at 4) at offset 13" },
    { source: '/v1/***', error: "unexpected '*' after '**' at offset 6" },
    { source: '/v1/*x', error: "unexpected 'x' after '*' at offset 5" },
    {
      source: '/v1/x?page=1',
      error: "illegal character '?' (query parameters are not part of a template) at offset 5",
    },
    { source: '/v1/a b', error: 'illegal character U+0020 (percent-encode it) at offset 5' },
    { source: '/v1/é', error: "illegal character 'é' (percent-encode it) at offset 4" },
    { source: '/v1/😀', error: "illegal character '😀' (percent-encode it) at offset 4" },
    { source: '/v1/"', error: "illegal character '\"' (percent-encode it) at offset 4" },
    { source: '/v1/x:a{b}', error: "illegal character '{' (a variable is a whole segment) at offset 7" },
    { source: '/v1/%', error: "'%' is not followed by two hexadecimal digits at offset 4" },
    { source: '/v1/%4/x', error: "'%' is not followed by two hexadecimal digits at offset 4" },
    { source: '/v1/%zz', error: "'%' is not followed by two hexadecimal digits at offset 4" },
    { source: '/v1/%00', error: "'%00' can match no request at offset 4" },
    { source: '/v1/x%C3', error: 'escapes that are not UTF-8 at offset 4' },
    { source: '/v1/.', error: "the dot segment '.' can match no request at offset 4" },
    { source: '/v1/../x', error: "the dot segment '..' can match no request at offset 4" },
    { source: '/v1/%2e%2E/x', error: "the dot segment '..' can match no request at offset 4" },
    { source: '/{a=x/..}', error: "the dot segment '..' can match no request at offset 6" },
  ])('$source', ({ source, error }) => {
    const parsed = parseTemplate(source)
    expect('error' in parsed ? parsed.error : undefined).toBe(error)
    if ('error' in parsed) expect(parsed.error).toContain(`at offset ${parsed.offset}`)
  })
})

/** Sources that the grammar derives; what each derivation stands for is known when it is made. */
const literal = fc.stringMatching(/^[a-z0-9_~.-]{0,4}[a-z]$/)
const field = fc.stringMatching(/^[a-z_][a-z0-9_]{0,3}$/)
const plain = fc.oneof(literal, fc.constant('*'))
const segments = fc.array(plain, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
const segment = fc.oneof(
  plain,
  fc
    .tuple(fc.array(field, { minLength: 1, maxLength: 3 }), segments)
    .map(([path, inner]) => `{${path.join('.')}=${inner}}`),
)
const source = fc
  .tuple(
    fc.array(segment, { minLength: 1, maxLength: 4 }),
    fc.option(fc.constantFrom('**', '{rest=**}', '{rest=a/**/b}')),
    fc.array(segment, { maxLength: 2 }),
    fc.option(literal),
  )
  .map(([before, middle, after, verb]) => {
    const parts = [...before, ...(middle === null ? [] : [middle]), ...after]
    return `/${parts.join('/')}${verb === null ? '' : `:${verb}`}`
  })

describe('properties', () => {
  test('printing a template and parsing it gives the same template', () => {
    fc.assert(
      fc.property(source, (text) => {
        const template = parse(text)
        const again = parse(printTemplate(template))
        expect({ ...again, source: text }).toEqual(template)
        expect(printTemplate(again)).toBe(printTemplate(template))
      }),
    )
  })

  test('a printed template differs from its source in spelling only: {v=*} is {v}', () => {
    fc.assert(
      fc.property(source, (text) => {
        expect(printTemplate(parse(text))).toBe(text.replace(/=\*\}/g, '}'))
      }),
    )
  })

  test('no text makes the parser do anything but parse or refuse, at an offset within it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'/*{}=:.a_1%2Fé?'), maxLength: 20 }), (text) => {
        const parsed = parseTemplate(text)
        if ('error' in parsed) {
          expect(parsed.offset).toBeGreaterThanOrEqual(0)
          expect(parsed.offset).toBeLessThanOrEqual(text.length)
        } else {
          expect('template' in parseTemplate(printTemplate(parsed.template))).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
