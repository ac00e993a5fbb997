import type { DescMethod } from '@bufbuild/protobuf'
import type { Schema } from '../descriptors/index.js'
import { formatPosition, Problems } from '../problems/index.js'
import { readAnnotation } from './annotation.js'
import { automaticBinding } from './automatic.js'
import type { MappingFile, MappingRule } from './mapping-file.js'
import { adviseSelector } from './nearest.js'
import { templateShape } from './print-template.js'
import { parseRule, resolveRule, type ParsedRule } from './resolve-rule.js'
import { parseSelector, type SelectorPattern } from './selector.js'
import type { Binding } from './types.js'

export interface BindMethodsOptions {
  readonly schema: Schema
  /** In the order of the configuration: a rule in a later one replaces one in an earlier. */
  readonly files: readonly MappingFile[]
  readonly problems: Problems
  /**
   * Whether methods whose descriptors are not known (not told yet, or in a file with errors) may be what a selector
   * means: then one that matches nothing is no error. Default: all methods are known.
   */
  readonly mayMatchUnknown?: (pattern: SelectorPattern) => boolean
}

export interface BoundMethods {
  /** In the order of services and methods; a method's bindings in the order of its rule. */
  readonly bindings: readonly Binding[]
  /** Methods without any HTTP rule, which are not exposed. Those of `grpc.*` services are not counted. */
  readonly unmapped: readonly DescMethod[]
}

interface Method {
  readonly desc: DescMethod
  readonly name: string
  readonly isAutoMapped: boolean
}

/** What the mapping files say of a method in the end. */
interface Override {
  readonly rule: MappingRule
  readonly bindings: readonly Binding[]
}

/**
 * Binds the methods of all served services by HTTP rules: a mapping file's, else the annotation, else the automatic one
 * where `autoMap` says so. Everything unsound is reported, in rules that are overridden by a later file too; bindings
 * are given for what is sound.
 *
 * "All service configuration rules follow 'last one wins' order" (google/api/http.proto, Http.rules), and a rule there
 * overrides the annotation as a whole.
 */
export function bindMethods(options: BindMethodsOptions): BoundMethods {
  const { schema, files, problems } = options
  const methods = new Map<string, Method>()
  for (const { desc: service, autoMap } of schema.services) {
    for (const desc of service.methods) {
      const name = `${service.typeName}.${desc.name}`
      methods.set(name, { desc, name, isAutoMapped: autoMap && !isGrpcOwn(name) })
    }
  }
  const overrides = new Map<string, Override>()
  for (const file of files) bindFile(file, methods, overrides, options)

  const bindings: Binding[] = []
  const unmapped: DescMethod[] = []
  for (const method of methods.values()) {
    const override = overrides.get(method.name)
    // A broken annotation is no reason to refuse the file that replaces it.
    const annotation = bindAnnotation(method.desc, schema, override === undefined ? problems : asWarnings(problems))
    const bound = override?.bindings ?? annotation
    if (bound !== undefined) bindings.push(...withoutRepetitions(bound, method.name, problems))
    else if (method.isAutoMapped) bindings.push(automaticBinding(method.desc, schema.positionOf(method.desc)))
    else if (!isGrpcOwn(method.name)) unmapped.push(method.desc)
  }
  return { bindings, unmapped }
}

/** Reflection, health and the like: served only where a rule names them. */
function isGrpcOwn(name: string): boolean {
  return name.startsWith('grpc.')
}

function asWarnings(problems: Problems): Problems {
  const warnings = new Problems()
  warnings.error = (position, message, more) =>
    problems.warn(position, `in an annotation that a mapping file overrides: ${message}`, more)
  return warnings
}

function bindAnnotation(method: DescMethod, schema: Schema, problems: Problems): Binding[] | undefined {
  const rules = readAnnotation(method, schema, problems)
  if (rules === undefined) return undefined
  const selector = `${method.parent.typeName}.${method.name}`
  return resolveAll(parseAll(rules, selector, problems), (rule) =>
    resolveRule(rule, method, 'annotation', false, problems),
  )
}

function bindFile(
  file: MappingFile,
  methods: ReadonlyMap<string, Method>,
  overrides: Map<string, Override>,
  options: BindMethodsOptions,
): void {
  const { problems } = options
  for (const rule of file.rules) {
    const parsed = parseAll(rule.rules, rule.selector ?? '', problems)
    for (const method of selectMethods(rule, methods, options)) {
      const bindings = resolveAll(parsed, (each) =>
        resolveRule(each, method.desc, 'mapping', file.fullyDecode, problems),
      )
      const earlier = overrides.get(method.name)?.rule
      if (earlier !== undefined && file.rules.includes(earlier)) {
        problems.warn(earlier.position, `the rule at ${formatPosition(rule.position)} overrides this one`, {
          selector: method.name,
          advice: 'to keep both, make one an additional binding of the other',
        })
      }
      overrides.set(method.name, { rule, bindings })
    }
  }
}

function parseAll(rules: MappingRule['rules'], selector: string, problems: Problems): ParsedRule[] {
  return rules.map((rule) => parseRule(rule, selector, problems)).filter((rule) => rule !== undefined)
}

function resolveAll(rules: readonly ParsedRule[], resolve: (rule: ParsedRule) => Binding | undefined): Binding[] {
  return rules.map(resolve).filter((binding) => binding !== undefined)
}

/** The methods a mapping rule is for; a selector that is wrong, or a name in it that matches nothing, is reported. */
function selectMethods(
  rule: MappingRule,
  methods: ReadonlyMap<string, Method>,
  { schema, problems, mayMatchUnknown }: BindMethodsOptions,
): Iterable<Method> {
  if (rule.selector === undefined) return []
  const parsed = parseSelector(rule.selector)
  if ('error' in parsed) {
    problems.error(rule.position, parsed.error)
    return []
  }
  const selected = new Set<Method>()
  for (const pattern of parsed.selector.patterns) {
    const matched = matchPattern(pattern, methods)
    for (const method of matched) selected.add(method)
    if (matched.length > 0 || mayMatchUnknown?.(pattern) === true) continue
    const advice = adviseUnmatched(pattern, methods, schema)
    problems.error(rule.position, 'the selector matches no method', {
      selector: pattern.source,
      ...(advice === undefined ? {} : { advice }),
    })
  }
  return selected
}

function matchPattern(pattern: SelectorPattern, methods: ReadonlyMap<string, Method>): Method[] {
  if (!pattern.isWildcard) {
    const method = methods.get(pattern.name)
    return method === undefined ? [] : [method]
  }
  const takesGrpcOwn = `${pattern.name}.`.startsWith('grpc.')
  return [...methods.values()].filter(({ name }) => pattern.matches(name) && (takesGrpcOwn || !isGrpcOwn(name)))
}

function adviseUnmatched(
  pattern: SelectorPattern,
  methods: ReadonlyMap<string, Method>,
  schema: Schema,
): string | undefined {
  const service = schema.registry.getService(pattern.name.slice(0, Math.max(0, pattern.name.lastIndexOf('.'))))
  if (!pattern.isWildcard && service?.methods.some(({ name }) => pattern.name.endsWith(`.${name}`)) === true) {
    return `${service.file.name}.proto is only imported: name it in \`schema\` to serve its services`
  }
  return adviseSelector(pattern, [...methods.keys()])
}

/** Drops bindings that say what an earlier one of the method says, with a warning. */
function withoutRepetitions(bindings: readonly Binding[], selector: string, problems: Problems): Binding[] {
  if (bindings.length === 1) return [...bindings]
  const kept = new Map<string, Binding>()
  for (const binding of bindings) {
    const key = [
      binding.httpMethod,
      templateShape(binding.template),
      ...binding.captures.map(
        ({ variable, path }) => `${path.map(({ number }) => number).join('.')}@${variable.start}-${variable.end}`,
      ),
      binding.body.kind === 'field' ? binding.body.field.number : binding.body.kind,
      binding.responseBody?.number,
    ].join(' ')
    const earlier = kept.get(key)
    if (earlier === undefined) kept.set(key, binding)
    else {
      problems.warn(
        binding.position,
        `${binding.httpMethod} ${binding.template.source} repeats the binding at ${formatPosition(earlier.position)}`,
        { selector, advice: 'remove one of them' },
      )
    }
  }
  return [...kept.values()]
}
