import { ScalarType, type DescField, type DescMessage, type Registry } from '@bufbuild/protobuf'
import { XMLParser } from 'fast-xml-parser'

/*
 * XML to JSON, written from the documentation alone, over fast-xml-parser: shares nothing with the transcoder, so what
 * both say of a document is what it says. Types without options of protobridge/xml.proto only.
 */

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly elements: readonly Element[]
  readonly text: string
}

type Ordered = Record<string, unknown>

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  parseTagValue: false,
  // Character references are read only with those of HTML.
  htmlEntities: true,
  maxNestedTags: 1000,
})

/** The root element, as fast-xml-parser reads it. */
export function readElement(text: string): Element {
  const nodes = parser.parse(text) as Ordered[]
  return elementOf(nodes.find((node) => !('?xml' in node))!)
}

function elementOf(node: Ordered): Element {
  const name = Object.keys(node).find((key) => key !== ':@')!
  const children = node[name] as Ordered[]
  const isText = (child: Ordered): boolean => '#text' in child
  return {
    name,
    attributes: (node[':@'] as Record<string, string> | undefined) ?? {},
    elements: children.filter((child) => !isText(child)).map(elementOf),
    text: children
      .filter(isText)
      .map((child) => child['#text'] as string)
      .join(''),
  }
}

/** The JSON value of an element that holds a message. */
export function jsonOf(desc: DescMessage, element: Element, registry: Registry): unknown {
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
    case 'google.protobuf.Duration':
    case 'google.protobuf.FieldMask':
      return element.text
    case 'google.protobuf.Struct':
      return Object.fromEntries(element.elements.map((field) => [field.attributes['name'], jsonOfValue(field)]))
    case 'google.protobuf.ListValue':
      return element.elements.map(jsonOfValue)
    case 'google.protobuf.Value':
      return jsonOfValue(element)
    case 'google.protobuf.Any':
      return jsonOfAny(element, registry)
  }
  if (isWrapper(desc)) return scalarOf(desc.fields[0]!.scalar!, element.text)
  return Object.fromEntries(membersOf(desc, element, registry))
}

function membersOf(desc: DescMessage, element: Element, registry: Registry): [string, unknown][] {
  return desc.fields.flatMap((field): [string, unknown][] => {
    const elements = element.elements.filter(({ name }) => name === escaped(field.jsonName))
    if (elements.length === 0) return []
    const one = (value: Element): unknown => elementValue(field, value, registry)
    if (field.fieldKind === 'list') return [[field.jsonName, elements.map(one)]]
    if (elements.length > 1) throw new Error(`${field.jsonName} stands twice`)
    if (field.fieldKind !== 'map') return [[field.jsonName, one(elements[0]!)]]
    const entries = elements[0]!.elements.map((entry) => [entry.attributes['key'], one(entry)])
    return [[field.jsonName, Object.fromEntries(entries)]]
  })
}

function elementValue(field: DescField, element: Element, registry: Registry): unknown {
  if (field.message !== undefined) return jsonOf(field.message, element, registry)
  if (field.enum === undefined) return scalarOf(field.scalar!, element.text)
  if (field.enum.typeName === 'google.protobuf.NullValue') return null
  return /^-?\d+$/.test(element.text) ? Number(element.text) : element.text
}

function jsonOfAny(element: Element, registry: Registry): unknown {
  const type = element.attributes['type']
  if (type === undefined) return {}
  const desc = registry.getMessage(type.slice(type.lastIndexOf('/') + 1))!
  const isSpecial = desc.typeName.startsWith('google.protobuf.') && desc.typeName !== 'google.protobuf.Empty'
  if (isSpecial) return { '@type': type, value: jsonOf(desc, element.elements[0]!, registry) }
  return { '@type': type, ...Object.fromEntries(membersOf(desc, element, registry)) }
}

function jsonOfValue(element: Element): unknown {
  const [kind] = element.elements
  switch (kind!.name) {
    case 'nullValue':
      return null
    case 'numberValue':
      return Number(kind!.text)
    case 'boolValue':
      return kind!.text === 'true'
    case 'stringValue':
      return kind!.text
    case 'structValue':
      return Object.fromEntries(kind!.elements.map((field) => [field.attributes['name'], jsonOfValue(field)]))
    default:
      return kind!.elements.map(jsonOfValue)
  }
}

/** Enough for the JSON names of the fixtures. */
function escaped(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, (character) =>
    character === '-' ? character : `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`,
  )
}

function isWrapper({ typeName }: DescMessage): boolean {
  return /^google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/.test(typeName)
}

function scalarOf(type: ScalarType, text: string): unknown {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return text
    case ScalarType.BOOL:
      return text === 'true'
    default:
      return /^(NaN|-?Infinity)$/.test(text) ? text : Number(text)
  }
}
