import type { DescField, DescMethod } from '@bufbuild/protobuf'
import type { Problems } from '../problems/index.js'
import { checkKind, type RulePart, type WrittenRule } from './http-rule.js'
import { resolveDirectField, resolveFieldPath, type Refusal } from './resolve-fields.js'
import { parseTemplate } from './template.js'
import type { Binding, BodyBinding, Capture, RuleSource, Template } from './types.js'

/** What about a rule can be checked without knowing its method: the kind and the template. */
export interface ParsedRule {
  readonly rule: WrittenRule
  readonly template: Template
}

/** Checks kind and template; each error is reported at its place, with the selector the rule was written for. */
export function parseRule(rule: WrittenRule, selector: string, problems: Problems): ParsedRule | undefined {
  const wrongKind = checkKind(rule.httpMethod)
  if (wrongKind !== undefined) report(problems, rule, 'kind', selector, wrongKind)
  const parsed = parseTemplate(rule.path)
  if ('error' in parsed) {
    report(problems, rule, 'path', selector, {
      message: `path template "${rule.path}": ${parsed.error}`,
      advice: 'write it like /v1/{name=shelves/*/books/*}:verb',
    })
    return undefined
  }
  return wrongKind === undefined ? { rule, template: parsed.template } : undefined
}

/**
 * Resolves a rule against a method's messages. Reports everything that is wrong with it, and gives a binding only where
 * nothing is.
 */
export function resolveRule(
  parsed: ParsedRule,
  method: DescMethod,
  source: RuleSource,
  fullyDecode: boolean,
  problems: Problems,
): Binding | undefined {
  const { rule, template } = parsed
  const selector = `${method.parent.typeName}.${method.name}`
  let isSound = true
  const refuse = (part: RulePart, refusal: Refusal) => {
    report(problems, rule, part, selector, refusal)
    isSound = false
  }
  const captures = resolveCaptures(template, method, fullyDecode, (refusal) => refuse('path', refusal))
  const body = resolveBody(rule.body, method, captures, (refusal) => refuse('body', refusal))
  let responseBody: DescField | undefined
  if (rule.responseBody !== '' && rule.responseBody !== '*') {
    const resolved = resolveDirectField(method.output, rule.responseBody, 'response_body')
    if ('refusal' in resolved) refuse('responseBody', resolved.refusal)
    else responseBody = resolved.field
  }
  if (!isSound) return undefined
  return {
    method,
    httpMethod: rule.httpMethod,
    template,
    captures,
    body,
    responseBody,
    source,
    position: rule.positionOf('path'),
  }
}

function resolveCaptures(
  template: Template,
  method: DescMethod,
  fullyDecode: boolean,
  refuse: (refusal: Refusal) => void,
): Capture[] {
  const captures: Capture[] = []
  for (const variable of template.variables) {
    const resolved = resolveFieldPath(method.input, variable.fieldPath)
    if ('refusal' in resolved) {
      refuse(resolved.refusal)
      continue
    }
    const capture = { variable, path: resolved.path, fullyDecode }
    for (const other of captures) {
      const clash = whyIncompatible(other.path, capture.path)
      if (clash !== undefined) refuse({ message: clash, advice: 'keep one of them, and write * or ** for the other' })
    }
    captures.push(capture)
  }
  return captures
}

/** Why one request cannot have both fields set from its path, or undefined where it can. */
function whyIncompatible(first: readonly DescField[], second: readonly DescField[]): string | undefined {
  const shorter = Math.min(first.length, second.length)
  for (let at = 0; at < shorter; at++) {
    const [one, other] = [first[at]!, second[at]!]
    if (one === other) continue
    if (one.oneof === undefined || one.oneof !== other.oneof) return undefined
    return `path variables {${pathText(first)}} and {${pathText(second)}} are members of one oneof, ${one.oneof.name}`
  }
  return first.length === second.length
    ? `path variable {${pathText(first)}} is bound twice`
    : `path variables {${pathText(first)}} and {${pathText(second)}} bind one within the other`
}

function resolveBody(
  body: string,
  method: DescMethod,
  captures: readonly Capture[],
  refuse: (refusal: Refusal) => void,
): BodyBinding {
  if (body === '') return { kind: 'none' }
  if (body === '*') return { kind: 'whole' }
  const resolved = resolveDirectField(method.input, body, 'body')
  if ('refusal' in resolved) {
    refuse(resolved.refusal)
    return { kind: 'none' }
  }
  const { field } = resolved
  if (captures.some(({ path }) => path.length === 1 && path[0] === field)) {
    refuse({ message: `body "${body}" is bound by the path already`, advice: 'bind it in one place' })
  }
  return { kind: 'field', field }
}

function pathText(path: readonly DescField[]): string {
  return path.map((field) => field.name).join('.')
}

function report(problems: Problems, rule: WrittenRule, part: RulePart, selector: string, refusal: Refusal): void {
  const { message, advice } = refusal
  problems.error(rule.positionOf(part), message, advice === undefined ? { selector } : { selector, advice })
}
