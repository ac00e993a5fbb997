import { decodeCapture } from '../../mapping/index.js'
import { StatusError } from '../../status/index.js'
import { Shape, type FieldTable, type MessageTable } from '../decode/tables.js'
import { FieldError } from '../errors/field-error.js'
import { QUERY } from '../form/pair-source.js'
import { PairReader } from '../form/pairs.js'
import { hasTextForm } from '../plan/special-form.js'
import type { RequestParts } from '../types.js'
import type { BindingSetup } from './decode-request.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Singular } = Shape

/**
 * Writes what the path and the query of a request without a body say straight to the wire, in the order it comes: of most
 * GETs, each name is a field of the request itself, and sent once. Where that is not so, or a value is wrong, nothing is
 * decided here: the request is read again by way of what is bound (`BoundMessage`), which knows how to say what is wrong.
 *
 * @returns false where it is to be read again; what was written is to be forgotten then
 */
export function writeStraight({ shape, parameters, writer }: BindingSetup, { captures, query }: RequestParts): boolean {
  const table = writer.tables.message(shape.request)
  const base = writer.open(table)
  try {
    for (let i = 0; i < shape.captures.length; i++) {
      const { capture, path } = shape.captures[i]!
      const field = straightField(table, path)
      if (field === undefined || !writer.addKey(base, field)) return false
      const text = decodeCapture(captures[i] ?? '', capture.variable, capture.fullyDecode)
      if (writer.text(field, text, 'path') && !writer.addValue(base, table, field)) return false
    }
    if (query !== '') {
      const pairs = new PairReader(query, QUERY)
      while (pairs.next()) {
        const name = pairs.name()
        const value = pairs.value(name)
        const path = parameters.pathOf(name)
        if (path === undefined) continue
        const field = straightField(table, path)
        if (field === undefined || !writer.addKey(base, field)) return false
        if (writer.text(field, value, 'query') && !writer.addValue(base, table, field)) return false
      }
    }
    writer.close(table, base)
    return true
  } catch (error) {
    if (error instanceof FieldError || error instanceof StatusError) return false
    throw error
  }
}

/** The field of the request that a path of one step leads to, where it holds one value with a text form; else undefined. */
function straightField(table: MessageTable, path: readonly FieldTable['plan'][]): FieldTable | undefined {
  if (path.length !== 1) return undefined
  const field = table.field(path[0]!)
  if (field.shape !== Singular || field.isExtension) return undefined
  const { element } = path[0]!
  return element.kind !== 'message' || hasTextForm(element.message.form) ? field : undefined
}
