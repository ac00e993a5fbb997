import { describe, expect, test } from '@jest/globals'
import { bareText, jsonText, quotedText } from '../../src/telemetry/access-log/escape.js'

/* What clients send, in lines of a log: no byte of it ends a line or a value. */

describe('as a JSON string', () => {
  test.each([
    { name: 'plain text', text: '/v1/books/1', line: '"/v1/books/1"' },
    { name: 'a quote and a backslash', text: 'a"b\\c', line: '"a\\"b\\\\c"' },
    { name: 'the end of a line', text: 'a\r\nb', line: '"a\\u000d\\u000ab"' },
    { name: 'an escape sequence of a terminal', text: '\x1b[2J\x9b2J\x7f', line: '"\\u001b[2J\\u009b2J\\u007f"' },
    { name: 'what turns the reading direction', text: 'a\u202eb', line: '"a\\u202eb"' },
    { name: 'a character beyond 16 bits', text: '😀', line: '"\\ud83d\\ude00"' },
    { name: 'nothing', text: '', line: '""' },
  ])('$name', ({ text, line }) => {
    expect(jsonText(text)).toBe(line)
    expect(JSON.parse(line)).toBe(text)
  })

  test('every one of the first 65,536 code units survives, in printable ASCII', () => {
    const broken: number[] = []
    for (let code = 0; code <= 0xffff; code++) {
      const text = `a${String.fromCharCode(code)}z`
      const line = jsonText(text)
      if (!/^"[ -~]+"$/.test(line) || JSON.parse(line) !== text) broken.push(code)
    }
    expect(broken).toEqual([])
  })
})

describe('as Apache writes it', () => {
  test.each([
    { name: 'plain text', text: 'curl/8', quoted: 'curl/8', bare: 'curl/8' },
    { name: 'a quote and a backslash', text: '"\\', quoted: '\\"\\\\', bare: '\\"\\\\' },
    { name: 'the end of a line', text: 'a\r\nb', quoted: 'a\\x0d\\x0ab', bare: 'a\\x0d\\x0ab' },
    { name: 'a space', text: 'a b', quoted: 'a b', bare: 'a\\x20b' },
    { name: 'a name beyond ASCII', text: 'é', quoted: '\\xe9', bare: '\\xc3\\xa9' },
    { name: 'nothing', text: '', quoted: '', bare: '-' },
  ])('$name', ({ text, quoted, bare }) => {
    expect({ quoted: quotedText(text), bare: bareText(text) }).toEqual({ quoted, bare })
  })
})
