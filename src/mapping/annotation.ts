import { fromBinary, type DescMethod } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { Schema } from '../descriptors/index.js'
import type { Problems } from '../problems/index.js'
import { HTTP_EXTENSION, HttpRuleSchema, type HttpRule } from './http-rule-schema.js'
import { PATTERN_METHODS, type RulePart, type WrittenRule } from './http-rule.js'

/**
 * The rules of a method's `google.api.http` annotation, additional bindings after the first; undefined where it has
 * none. What cannot be read (bytes that are no HttpRule, no pattern, bindings nested deeper than http.proto allows) is
 * an error at the annotation's place, and only the rest is given.
 */
export function readAnnotation(method: DescMethod, schema: Schema, problems: Problems): WrittenRule[] | undefined {
  const bytes = annotationBytes(method)
  if (bytes === undefined) return undefined
  const selector = `${method.parent.typeName}.${method.name}`
  const placeOf = (path: readonly (string | number)[]) => schema.optionPosition(method, ['google.api.http', ...path])
  let rule: HttpRule
  try {
    rule = fromBinary(HttpRuleSchema, bytes)
  } catch {
    problems.error(placeOf([]), 'the google.api.http option is not a google.api.HttpRule', { selector })
    return []
  }
  const rules: WrittenRule[] = []
  const add = (written: HttpRule, path: readonly (string | number)[]) => {
    const { pattern } = written
    if (pattern.case === undefined) {
      const what = path.length === 0 ? 'the google.api.http option' : 'an additional binding'
      problems.error(placeOf(path), `${what} has no path`, { selector, advice: 'give it get, post, … or custom' })
      return
    }
    const isCustom = pattern.case === 'custom'
    const places: Record<RulePart, readonly (string | number)[]> = {
      rule: path,
      kind: [...path, pattern.case, ...(isCustom ? ['kind'] : [])],
      path: [...path, pattern.case, ...(isCustom ? ['path'] : [])],
      body: [...path, 'body'],
      responseBody: [...path, 'response_body'],
    }
    rules.push({
      httpMethod: pattern.case === 'custom' ? pattern.value.kind : PATTERN_METHODS[pattern.case],
      path: pattern.case === 'custom' ? pattern.value.path : pattern.value,
      body: written.body,
      responseBody: written.responseBody,
      positionOf: (part) => placeOf(places[part]),
    })
  }
  add(rule, [])
  for (const [index, additional] of rule.additionalBindings.entries()) {
    const path = ['additional_bindings', index]
    add(additional, path)
    if (additional.additionalBindings.length > 0) {
      problems.error(
        placeOf([...path, 'additional_bindings']),
        'additional_bindings inside additional_bindings: one level only',
        { selector, advice: 'list them all directly in the rule' },
      )
    }
  }
  return rules
}

/** The option's serialized HttpRule. Extensions are kept as unknown fields; occurrences merge by concatenation. */
function annotationBytes(method: DescMethod): Uint8Array | undefined {
  const fields = method.proto.options?.$unknown?.filter(({ no }) => no === HTTP_EXTENSION)
  if (fields === undefined || fields.length === 0) return undefined
  // An option of another wire type cannot be a message: bytes that no message can have make that an error above.
  const parts = fields.map(({ wireType, data }) =>
    wireType === WireType.LengthDelimited ? new BinaryReader(data).bytes() : Uint8Array.of(0),
  )
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}
