import { XMLBuilder, XMLParser } from 'fast-xml-parser'

/*
 * For people to look at, of documents that the gateway's own parser has taken: fast-xml-parser judges nothing here. Texts
 * and values of attributes stay as they are written, references too.
 */
const FORM = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  commentPropName: '#comment',
  cdataPropName: '#cdata',
  processEntities: false,
}
const parser = new XMLParser({
  ...FORM,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  // It takes them for attributes, and would lose what is not one.
  ignorePiTags: true,
})
const builder = new XMLBuilder({ ...FORM, format: true, indentBy: '  ', suppressEmptyNode: true })

/** A node as `preserveOrder` has it: its children under its name, its attributes under `:@`. */
type Node = Readonly<Record<string, unknown>>

/**
 * A well-formed document with an element a line, two spaces a level, without its declaration and processing instructions;
 * undefined where it is not to be shown so.
 * @param meansTheSame says whether what was made of it still does: what cannot be shown truly is not shown so
 */
export function indentXml(document: string, meansTheSame: (indented: string) => boolean): string | undefined {
  let indented: string
  try {
    // Without a type parameter the builder takes anything: what it takes here is what its parser has made.
    indented = builder.build(withoutIndentation(parser.parse(document) as readonly Node[])).trim()
  } catch {
    return undefined
  }
  return meansTheSame(indented) ? indented : undefined
}

/** White space beside elements is no text: it says nothing, and would be indented once more. */
function withoutIndentation(nodes: readonly Node[]): readonly Node[] {
  const hasElements = nodes.some((node) => nameOf(node) !== '#text' && nameOf(node) !== '#cdata')
  return nodes.filter((node) => !hasElements || !isWhiteSpace(node)).map(cleanChildren)
}

function cleanChildren(node: Node): Node {
  const name = nameOf(node)
  const children = node[name]
  if (name.startsWith('#') || !Array.isArray(children)) return node
  return { ...node, [name]: withoutIndentation(children as readonly Node[]) }
}

function isWhiteSpace(node: Node): boolean {
  return typeof node['#text'] === 'string' && /^[ \t\r\n]*$/.test(node['#text'])
}

function nameOf(node: Node): string {
  return Object.keys(node).find((key) => key !== ':@') ?? '#text'
}
