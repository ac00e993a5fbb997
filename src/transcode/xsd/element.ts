import { createRequire } from 'node:module'
import type * as fastXml from 'fast-xml-parser'

const require = createRequire(import.meta.url)

/** An element to be written: of a schema, or of an example. Content is elements, or one text. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly content: readonly XmlElement[] | string
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  content: readonly XmlElement[] | string = [],
): XmlElement {
  const given = Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { name, attributes: Object.fromEntries(given), content }
}

const PREFIX = '@'

const OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: PREFIX,
  suppressBooleanAttributes: false,
  suppressEmptyNode: true,
  format: true,
} as const

let builder: fastXml.XMLBuilder | undefined

/** Loaded with the first schema that is written: a gateway writes none, and is to be there soon when it starts. */
function theBuilder(): fastXml.XMLBuilder {
  return (builder ??= new (require('fast-xml-parser') as typeof fastXml).XMLBuilder(OPTIONS))
}

/** A whole document, indented. */
export function documentOf(root: XmlElement): string {
  const declaration = {
    '?xml': [{ '#text': '' }],
    ':@': { [`${PREFIX}version`]: '1.0', [`${PREFIX}encoding`]: 'UTF-8' },
  }
  return `${theBuilder()
    .build([declaration, ordered(root)])
    .trim()}\n`
}

/** As fast-xml-parser has it with `preserveOrder`. */
function ordered({ name, attributes, content }: XmlElement): object {
  const children = typeof content === 'string' ? (content === '' ? [] : [{ '#text': content }]) : content.map(ordered)
  const prefixed = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [PREFIX + key, value]))
  return { [name]: children, ':@': prefixed }
}
