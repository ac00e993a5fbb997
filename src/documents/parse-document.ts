import { LineCounter, parseDocument as parseYaml } from 'yaml'
import type { Position, Problems } from '../problems/index.js'
import { buildNodes } from './build-nodes.js'
import { findJsonError } from './json-syntax.js'
import { reportSyntax } from './syntax-problems.js'
import type { DocumentNode } from './types.js'

/**
 * Reads YAML 1.2 (core schema; no merge keys, no tags but the schema's), or JSON (RFC 8259) where the file's name ends in
 * `.json`, in any case. Everything wrong goes to `problems` with its place. An empty document is null at 1:1.
 *
 * @param file the name to show; line and column count from 1, a column being a UTF-16 code unit
 * @returns undefined where the text is not well-formed or out of bounds. Beside other errors (a key twice, an alias of
 *   nothing) the rest of the document, with null for what could not be had
 */
export function parseDocument(text: string, file: string, problems: Problems): DocumentNode | undefined {
  const at = placesIn(text, file)
  // JSON first: the parser of YAML takes more (comments, trailing commas), and says less well what is no JSON.
  if (file.toLowerCase().endsWith('.json') && !checkJson(text, at, problems)) return undefined
  const document = parseYaml(text, {
    prettyErrors: false,
    // Reported when the nodes are built, with the place of the first.
    uniqueKeys: false,
    schema: 'core',
    resolveKnownTags: false,
  })
  const errors = [...document.errors, ...document.warnings]
  if (errors.length > 0) {
    reportSyntax(errors, text, at, problems)
    return undefined
  }
  if (document.contents === null) return { kind: 'scalar', value: null, position: at(0) }
  return buildNodes(document.contents, text.length, at, problems)
}

/** The position of an offset into the text. */
function placesIn(text: string, file: string): (offset: number) => Position {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  return (offset) => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
}

function checkJson(text: string, at: (offset: number) => Position, problems: Problems): boolean {
  const offset = findJsonError(text)
  if (offset === -1) return true
  const found = offset === text.length ? 'end' : `'${String.fromCodePoint(text.codePointAt(offset)!)}'`
  problems.error(at(offset), `not JSON: unexpected ${found}`, {
    advice: 'JSON has no comments, trailing commas or single quotes; or name the file .yaml',
  })
  return false
}
