import { describe, expect, test } from '@jest/globals'
import { checkWellFormed, isEmptyDocument } from '../../../src/transcode/xml/parse.js'
import { decodeName, encodeName } from '../../../src/transcode/xml/names.js'
import { thrownBy } from '../support.js'

describe('not well-formed: what is wrong, and where', () => {
  test.each([
    { name: 'nothing', xml: '', error: 'there is no root element, at line 1 column 1' },
    { name: 'only a comment', xml: '<!-- a -->', error: 'there is no root element, at line 1 column 11' },
    { name: 'text before the root', xml: 'a<b/>', error: 'text before the root element, at line 1 column 1' },
    { name: 'text after the root', xml: '<a/>\n b', error: 'text after the root element, at line 2 column 2' },
    { name: 'a second root', xml: '<a/><b/>', error: 'text after the root element, at line 1 column 5' },
    { name: 'a DOCTYPE', xml: '<!DOCTYPE a><a/>', error: 'a DOCTYPE, which is never read, at line 1 column 1' },
    {
      name: 'a DOCTYPE within',
      xml: '<a><!DOCTYPE a></a>',
      error: '"<!" that begins nothing that may stand here, at line 1 column 4',
    },
    {
      name: 'an entity declaration',
      xml: '<a><!ENTITY b "c"></a>',
      error: '"<!" that begins nothing that may stand here, at line 1 column 4',
    },
    { name: 'an element without end', xml: '<a><b></b>', error: 'the element "a" has no end tag, at line 1 column 11' },
    { name: 'another end tag', xml: '<a><b></a>', error: 'the end tag is not that of "b", at line 1 column 7' },
    { name: 'a longer end tag', xml: '<a></ab>', error: 'the end tag is not that of "a", at line 1 column 4' },
    {
      name: 'an end tag with an attribute',
      xml: '<a></a b="c">',
      error: 'the end tag is not that of "a", at line 1 column 4',
    },
    { name: 'an end within a start tag', xml: '<a', error: 'a start tag without its end, at line 1 column 3' },
    {
      name: 'an end within an attribute',
      xml: '<a b="',
      error: "an attribute's value without its end, at line 1 column 7",
    },
    { name: 'a slash and no end', xml: '<a/ >', error: 'a start tag without its end, at line 1 column 3' },
    { name: 'a name that begins with a digit', xml: '<1a/>', error: 'a name is missing, at line 1 column 2' },
    { name: 'a space before the name', xml: '< a/>', error: 'a name is missing, at line 1 column 2' },
    { name: 'an attribute without value', xml: '<a b/>', error: 'an attribute without "=", at line 1 column 5' },
    {
      name: 'a value without quotes',
      xml: '<a b=c/>',
      error: "an attribute's value without quotes, at line 1 column 6",
    },
    {
      name: 'attributes without space between',
      xml: '<a b="1"c="2"/>',
      error: 'white space is missing before an attribute, at line 1 column 9',
    },
    {
      name: 'an attribute twice',
      xml: '<a b="1" b="2"/>',
      error: 'the attribute "b" stands twice in its tag, at line 1 column 10',
    },
    {
      name: 'an attribute twice, by its namespace',
      xml: '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>',
      error: 'the attribute "b" stands twice in its tag, at line 1 column 36',
    },
    {
      name: 'a namespace declared twice',
      xml: '<a xmlns="u" xmlns="u"/>',
      error: 'the attribute "xmlns" stands twice in its tag, at line 1 column 14',
    },
    { name: 'a "<" in a value', xml: '<a b="<"/>', error: '"<" in the value of an attribute, at line 1 column 7' },
    { name: 'a "&" alone', xml: '<a>&</a>', error: 'a name is missing, at line 1 column 5' },
    { name: 'a reference without end', xml: '<a>&lt</a>', error: 'a reference without ";", at line 1 column 4' },
    {
      name: 'an entity of HTML',
      xml: '<a>&nbsp;</a>',
      error: 'the entity "nbsp" is not one of XML\'s five, at line 1 column 4',
    },
    {
      name: 'an entity in the case of HTML',
      xml: '<a>&LT;</a>',
      error: 'the entity "LT" is not one of XML\'s five, at line 1 column 4',
    },
    {
      name: 'a character reference without digits',
      xml: '<a>&#;</a>',
      error: 'a character reference without digits, at line 1 column 4',
    },
    {
      name: 'a reference with a capital X',
      xml: '<a>&#X41;</a>',
      error: 'a character reference without digits, at line 1 column 4',
    },
    {
      name: 'a reference to U+0000',
      xml: '<a>&#0;</a>',
      error: 'a reference to a character that XML cannot hold, at line 1 column 4',
    },
    {
      name: 'a reference to a control character',
      xml: '<a b="&#x1f;"/>',
      error: 'a reference to a character that XML cannot hold, at line 1 column 7',
    },
    {
      name: 'a reference to a surrogate',
      xml: '<a>&#xD83D;&#xDE00;</a>',
      error: 'a reference to a character that XML cannot hold, at line 1 column 4',
    },
    {
      name: 'a reference beyond the last character',
      xml: '<a>&#x110000;</a>',
      error: 'a reference to a character that XML cannot hold, at line 1 column 4',
    },
    {
      name: 'a reference beyond all numbers',
      xml: `<a>&#${'9'.repeat(400)};</a>`,
      error: 'a reference to a character that XML cannot hold, at line 1 column 4',
    },
    {
      name: 'a control character',
      xml: '<a>\n\u0001</a>',
      error: 'the character U+0001, which XML cannot hold, at line 2 column 1',
    },
    { name: 'a NUL', xml: '<a>\u0000</a>', error: 'the character U+0000, which XML cannot hold, at line 1 column 4' },
    { name: 'U+FFFE', xml: '<a>\ufffe</a>', error: 'the character U+FFFE, which XML cannot hold, at line 1 column 4' },
    {
      name: 'a control character in a value',
      xml: '<a b="\u001f"/>',
      error: 'the character U+001F, which XML cannot hold, at line 1 column 7',
    },
    {
      name: 'a control character in a comment',
      xml: '<!--\b--><a/>',
      error: 'the character U+0008, which XML cannot hold, at line 1 column 5',
    },
    {
      name: 'a control character in CDATA',
      xml: '<a><![CDATA[\f]]></a>',
      error: 'the character U+000C, which XML cannot hold, at line 1 column 13',
    },
    { name: '"]]>" in text', xml: '<a>]]></a>', error: '"]]>" in text, at line 1 column 4' },
    {
      name: 'CDATA without end',
      xml: '<a><![CDATA[</a>',
      error: 'a CDATA section without its end, at line 1 column 4',
    },
    { name: 'CDATA outside the root', xml: '<![CDATA[]]><a/>', error: 'a name is missing, at line 1 column 2' },
    { name: 'a comment without end', xml: '<!-- <a/>', error: 'a comment without its end, at line 1 column 1' },
    { name: '"--" in a comment', xml: '<!-- -- --><a/>', error: '"--" in a comment, at line 1 column 6' },
    { name: 'a comment that ends in "--->"', xml: '<!-- ---><a/>', error: '"--" in a comment, at line 1 column 6' },
    {
      name: 'a processing instruction without end',
      xml: '<?a <b/>',
      error: 'a processing instruction without its end, at line 1 column 1',
    },
    {
      name: 'a processing instruction without name',
      xml: '<? a?><b/>',
      error: 'a name is missing, at line 1 column 3',
    },
    {
      name: 'a processing instruction named XML',
      xml: '<?XmL a?><b/>',
      error: 'an XML declaration that is not at the beginning, at line 1 column 1',
    },
    {
      name: 'a processing instruction with a colon',
      xml: '<?a:b?><c/>',
      error: 'a processing instruction with a colon in its name, at line 1 column 1',
    },
    {
      name: 'a declaration after a space',
      xml: ' <?xml version="1.0"?><a/>',
      error: 'an XML declaration that is not at the beginning, at line 1 column 2',
    },
    { name: 'a prefix not declared', xml: '<p:a/>', error: 'the prefix "p" is not declared, at line 1 column 2' },
    {
      name: 'a prefix declared beside',
      xml: '<a><b xmlns:p="u"/><p:c/></a>',
      error: 'the prefix "p" is not declared, at line 1 column 21',
    },
    {
      name: 'a prefix of an attribute not declared',
      xml: '<a p:b="1"/>',
      error: 'the prefix "p" is not declared, at line 1 column 4',
    },
    {
      name: 'two colons',
      xml: '<p:a:b xmlns:p="u"/>',
      error: 'white space is missing before an attribute, at line 1 column 5',
    },
    { name: 'a colon first', xml: '<:a/>', error: 'a name is missing, at line 1 column 2' },
    { name: 'a colon last', xml: '<a:/>', error: 'a name is missing, at line 1 column 4' },
    {
      name: 'a prefix undeclared',
      xml: '<a xmlns:p="u"><b xmlns:p=""/></a>',
      error: 'the prefix p is declared as no namespace, at line 1 column 19',
    },
    {
      name: 'the prefix xmlns declared',
      xml: '<a xmlns:xmlns="u"/>',
      error: 'xmlns cannot be declared, at line 1 column 4',
    },
    {
      name: 'the prefix xml declared otherwise',
      xml: '<a xmlns:xml="u"/>',
      error: 'xml has a namespace of its own, which nothing else has, at line 1 column 4',
    },
    {
      name: 'the namespace of xml for another prefix',
      xml: '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
      error: 'xml has a namespace of its own, which nothing else has, at line 1 column 4',
    },
    {
      name: 'the namespace of xmlns',
      xml: '<a xmlns="http://www.w3.org/2000/xmlns/"/>',
      error: 'the namespace of xmlns cannot be declared, at line 1 column 4',
    },
    {
      name: 'an element with the prefix xmlns',
      xml: '<xmlns:a/>',
      error: 'the prefix "xmlns" is not declared, at line 1 column 2',
    },
    { name: 'a column behind CR LF', xml: '<a>\r\n\r\n  &</a>', error: 'a name is missing, at line 3 column 4' },
    {
      name: 'a declaration without version',
      xml: '<?xml encoding="UTF-8"?><a/>',
      error: 'an XML declaration without version 1.0',
    },
    { name: 'version 2.0', xml: '<?xml version="2.0"?><a/>', error: 'an XML declaration without version 1.0' },
    {
      name: 'a declaration out of order',
      xml: '<?xml version="1.0" standalone="yes" encoding="UTF-8"?><a/>',
      error: 'the XML declaration has version, encoding and standalone, in this order',
    },
    {
      name: 'standalone that is neither',
      xml: '<?xml version="1.0" standalone="YES"?><a/>',
      error: 'standalone in the XML declaration is yes or no',
    },
    {
      name: 'an encoding that is no name',
      xml: '<?xml version="1.0" encoding=" UTF-8"?><a/>',
      error: 'the encoding in the XML declaration is no name',
    },
    { name: 'a declaration without end', xml: '<?xml version="1.0"><a/>', error: 'the XML declaration has no end' },
  ])('$name', ({ xml, error }) => {
    expect(thrownBy(() => checkWellFormed(Buffer.from(xml)))).toMatchObject({
      message: `the body is not well-formed XML: ${error}`,
      reason: 'MALFORMED_XML',
      httpStatus: 400,
    })
  })
})

describe('well-formed', () => {
  test.each([
    { name: 'names beyond ASCII', xml: '<Ωδή 属性="ü"><𐐀-.·/></Ωδή>' },
    { name: 'the other kind of quotes', xml: `<a b='"' c="'"/>` },
    {
      name: 'a declaration with all it may have',
      xml: `<?xml version = '1.0'\tencoding="utf-8" standalone='no' ?><a/>`,
    },
    { name: 'version 1.1, read as 1.0', xml: '<?xml version="1.1"?><a/>' },
    { name: 'a stylesheet before the root', xml: '<?xml-stylesheet href="a"?><a/>' },
    { name: 'comments and instructions after the root', xml: '<a/><!-- b --> <?c d?>\n' },
    { name: 'a default namespace undeclared', xml: '<a xmlns="u"><b xmlns=""/></a>' },
    { name: 'a prefix declared again within', xml: '<p:a xmlns:p="u"><p:b xmlns:p="v" p:c="" /></p:a>' },
    { name: 'a prefix used before it is declared, in one tag', xml: '<a p:b="" xmlns:p="u"/>' },
    {
      name: 'the prefix xml, undeclared and declared',
      xml: '<a xml:lang="en" xmlns:xml="http://www.w3.org/XML/1998/namespace"/>',
    },
    { name: 'two attributes of one local name', xml: '<a xmlns:p="u" b="" p:b=""/>' },
    { name: '"]]" and ">" in text', xml: '<a>]] > ]]&gt;</a>' },
    { name: 'zeros before the digits of a reference', xml: `<a>&#${'0'.repeat(100)}65;</a>` },
    { name: 'an end tag with space', xml: '<a></a \n>' },
    { name: 'a byte order mark', xml: '\ufeff<?xml version="1.0" encoding="UTF-8"?><a/>' },
  ])('$name', ({ xml }) => {
    expect(() => checkWellFormed(Buffer.from(xml))).not.toThrow()
  })
})

describe('encodings', () => {
  const declared = (encoding: string): Buffer => Buffer.from(`<?xml version="1.0" encoding="${encoding}"?><a>é</a>`)
  const ascii = Buffer.from('<?xml version="1.0" encoding="US-ASCII"?><a/>')
  test.each([
    { name: 'UTF-8 declared', bytes: declared('utf-8'), contentType: '' },
    {
      name: 'UTF-8 declared, and in the Content-Type',
      bytes: declared('UTF-8'),
      contentType: 'text/xml; charset=utf-8',
    },
    {
      name: 'UTF-8 declared, and utf8 in the Content-Type',
      bytes: declared('UTF-8'),
      contentType: 'text/xml; charset="UTF8"',
    },
    { name: 'US-ASCII declared', bytes: ascii, contentType: 'application/xml' },
    {
      name: 'US-ASCII declared, and in the Content-Type',
      bytes: ascii,
      contentType: 'application/xml;charset=us-ascii',
    },
    {
      name: 'none declared, UTF-8 in the Content-Type',
      bytes: Buffer.from('<a>é</a>'),
      contentType: 'application/xml; charset=UTF-8',
    },
  ])('read: $name', ({ bytes, contentType }) => {
    expect(() => checkWellFormed(bytes, contentType)).not.toThrow()
  })

  const utf16 = Buffer.from('\ufeff<a/>', 'utf16le')
  test.each([
    {
      name: 'ISO-8859-1',
      bytes: Buffer.from(declared('ISO-8859-1').toString(), 'latin1'),
      contentType: '',
      error: 'the body is XML in the encoding "ISO-8859-1": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'UTF-7',
      bytes: declared('UTF-7'),
      contentType: '',
      error: 'the body is XML in the encoding "UTF-7": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'UTF-16 that is UTF-8',
      bytes: declared('UTF-16'),
      contentType: '',
      error: 'the body is XML in the encoding "UTF-16": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'UTF-16 by its mark',
      bytes: utf16,
      contentType: '',
      error: 'the body is XML in the encoding "UTF-16": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'UTF-16, the other order',
      bytes: Buffer.from(utf16).swap16(),
      contentType: '',
      error: 'the body is XML in the encoding "UTF-16": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'UTF-16 without mark',
      bytes: utf16.subarray(2),
      contentType: '',
      error: 'the body is XML in the encoding "UTF-16": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'UTF-32',
      bytes: Buffer.from('0000003c000000610000002f0000003e', 'hex'),
      contentType: '',
      error: 'the body is XML in the encoding "UTF-32": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'EBCDIC',
      bytes: Buffer.from('4c6fa7949340', 'hex'),
      contentType: '',
      error: 'the body is XML in the encoding "EBCDIC": UTF-8 and US-ASCII are read',
      httpStatus: 415,
    },
    {
      name: 'declared otherwise than in the Content-Type',
      bytes: ascii,
      contentType: 'text/xml; charset=utf-8',
      error: 'the body is not well-formed XML: it declares the encoding "US-ASCII", the Content-Type "utf-8"',
      httpStatus: 400,
    },
    {
      name: 'another, declared otherwise than in the Content-Type',
      bytes: declared('ISO-8859-1'),
      contentType: 'text/xml; charset=utf-8',
      error: 'the body is not well-formed XML: it declares the encoding "ISO-8859-1", the Content-Type "utf-8"',
      httpStatus: 400,
    },
    {
      name: 'US-ASCII that is not',
      bytes: declared('US-ASCII'),
      contentType: '',
      error: 'the body is not well-formed XML: it declares US-ASCII and is not',
      httpStatus: 400,
    },
    {
      name: 'UTF-8 that is not',
      bytes: Buffer.concat([declared('UTF-8').subarray(0, -5), Buffer.from([0xe9])]),
      contentType: '',
      error: 'the body is not well-formed XML: it is not UTF-8',
      httpStatus: 400,
    },
    {
      name: 'a surrogate in UTF-8',
      bytes: Buffer.from('3c613eeda0bdedb8803c2f613e', 'hex'),
      contentType: '',
      error: 'the body is not well-formed XML: it is not UTF-8',
      httpStatus: 400,
    },
    {
      name: 'an overlong "<"',
      bytes: Buffer.from('c0bc612f3e', 'hex'),
      contentType: '',
      error: 'the body is not well-formed XML: it is not UTF-8',
      httpStatus: 400,
    },
  ])('refused: $name', ({ bytes, contentType, error, httpStatus }) => {
    expect(thrownBy(() => checkWellFormed(bytes, contentType))).toMatchObject({ message: error, httpStatus })
  })
})

describe('a root element that carries nothing', () => {
  test.each([
    { xml: '<a/>', isEmpty: true },
    { xml: '<?xml version="1.0"?>\n<Anything xmlns="urn:x">\n <!-- c --></Anything>\n', isEmpty: true },
    { xml: '<a b=""/>', isEmpty: false },
    { xml: '<a><b/></a>', isEmpty: false },
    { xml: '<a>b</a>', isEmpty: false },
    { xml: '<a/><b/>', isEmpty: false },
    { xml: '<a>', isEmpty: false },
    { xml: '', isEmpty: false },
    { xml: `<a>${' '.repeat(2000)}</a>`, isEmpty: false },
  ])('$xml: $isEmpty', ({ xml, isEmpty }) => {
    expect(isEmptyDocument(Buffer.from(xml))).toBe(isEmpty)
  })
})

describe('names that are no NCNames', () => {
  test.each([
    { name: 'pageSize', written: 'pageSize' },
    { name: '_a-b.c1', written: '_a-b.c1' },
    { name: 'été', written: 'été' },
    { name: '1st', written: '_x0031_st' },
    { name: '-a', written: '_x002D_a' },
    { name: 'a b', written: 'a_x0020_b' },
    { name: 'a:b', written: 'a_x003A_b' },
    { name: '@type', written: '_x0040_type' },
    { name: '[a.b]', written: '_x005B_a.b_x005D_' },
    { name: '_x0041_', written: '_x005F_x0041_' },
    { name: 'a_xb', written: 'a_xb' },
    { name: '_x_', written: '_x_' },
    { name: '😀', written: '😀' },
    { name: '\u{f0000}', written: '_xDB80__xDC00_' },
    { name: '𐐀', written: '𐐀' },
  ])('$name is written $written', ({ name, written }) => {
    expect(encodeName(name)).toBe(written)
    expect(decodeName(written)).toBe(name)
  })
})
