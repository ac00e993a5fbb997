import { parseDocument, type DocumentEntry, type DocumentNode } from '../documents/index.js'
import type { Position, Problems } from '../problems/index.js'
import { PATTERN_METHODS, type PatternKey, type RulePart, type WrittenRule } from './http-rule.js'
import { isNull, MessageReader } from './message-reader.js'

/** One entry of `http.rules`. */
export interface MappingRule {
  /** undefined where it is missing (which has been reported). */
  readonly selector: string | undefined
  readonly position: Position
  /**
   * The rule and its additional bindings; what could not be read is left out (and has been reported). None of a rule that is
   * a selector alone: no binding is what it says.
   */
  readonly rules: readonly WrittenRule[]
}

/** A gRPC API configuration: the `http` section of a google.api.Service. */
export interface MappingFile {
  readonly file: string
  readonly rules: readonly MappingRule[]
  /** `http.fully_decode_reserved_expansion`: applies to this file's rules. */
  readonly fullyDecode: boolean
  /** Sections that a google.api.Service may have and the gateway does not use, as named in google/api/service.proto. */
  readonly ignoredSections: readonly string[]
}

/** Fields of google.api.Service that describe the file itself. */
const OWN_KEYS = ['type', 'config_version', 'name', 'title', 'id', 'producer_project_id', 'http']

/** The other fields of google.api.Service (google/api/service.proto). */
const OTHER_SECTIONS = [
  ...['apis', 'types', 'enums', 'documentation', 'backend', 'quota', 'authentication', 'context', 'usage', 'endpoints'],
  ...['control', 'logs', 'metrics', 'monitored_resources', 'billing', 'logging', 'monitoring', 'system_parameters'],
  ...['source_info', 'publishing'],
]

const PATTERN_KEYS = [...Object.keys(PATTERN_METHODS), 'custom']
const RULE_KEYS = ['selector', ...PATTERN_KEYS, 'body', 'response_body', 'additional_bindings']

/**
 * Of a rule that is a selector alone. grpc-gateway binds nothing to such a method, and published files leave methods out
 * in this way (lnd's `# deprecated, no REST endpoint`); it may be a path forgotten all the same.
 */
const NO_PATH = 'the rule is a selector without a path: what it selects is not exposed'

/**
 * Reads a mapping file: ProtoJSON of google.api.Service in YAML or JSON. Everything wrong is reported at its place;
 * what can be read all the same is given, so that it is checked too. Templates, selectors and fields are not checked
 * here: see `bindMethods`.
 */
export function readMappingFile(source: { file: string; text: string }, problems: Problems): MappingFile {
  const { file, text } = source
  const nothing = { file, rules: [], fullyDecode: false, ignoredSections: [] }
  const root = parseDocument(text, file, problems)
  if (root === undefined) return nothing
  if (isNull(root)) {
    problems.warn({ file, line: 1, column: 1 }, 'the mapping file is empty')
    return nothing
  }
  const reader = new MessageReader(problems)
  const entries = reader.entries(root, [...OWN_KEYS, ...OTHER_SECTIONS], 'google.api.Service')
  checkHeader(entries, reader)
  const ignoredSections = OTHER_SECTIONS.filter((name) => entries.has(name))
  const http = entries.get('http')
  if (http === undefined) {
    problems.warn(root.position, 'the mapping file has no http section')
    return { ...nothing, ignoredSections }
  }
  const httpEntries = reader.entries(http.value, ['rules', 'fully_decode_reserved_expansion'], 'http')
  const decode = httpEntries.get('fully_decode_reserved_expansion')
  const rules = httpEntries.get('rules')
  return {
    file,
    rules: rules === undefined ? [] : reader.items(rules.value, 'http.rules').map((node) => readEntry(node, reader)),
    fullyDecode: decode !== undefined && reader.boolean(decode.value, 'fully_decode_reserved_expansion') === true,
    ignoredSections,
  }
}

function checkHeader(entries: Map<string, DocumentEntry>, reader: MessageReader): void {
  const type = entries.get('type')
  if (type !== undefined) {
    const name = reader.text(type.value, 'type')
    if (name !== undefined && name !== 'google.api.Service') {
      reader.complain(type.value.position, `type "${name}" is not google.api.Service`)
    }
  }
  const version = entries.get('config_version')
  if (version !== undefined) reader.uint32(version.value, 'config_version')
  for (const key of ['name', 'title', 'id', 'producer_project_id']) {
    const entry = entries.get(key)
    if (entry !== undefined) reader.text(entry.value, key)
  }
}

function readEntry(node: DocumentNode, reader: MessageReader): MappingRule {
  const entries = reader.entries(node, RULE_KEYS, 'an HTTP rule')
  const selector = entries.get('selector')
  if (selector === undefined)
    reader.complain(node.position, 'an HTTP rule has no selector', 'add selector: package.Service.Method')
  const named = {
    selector: selector === undefined ? undefined : reader.text(selector.value, 'selector'),
    position: (selector?.value ?? node).position,
  }
  if (selector !== undefined && node.kind === 'map' && node.entries.size === 1) {
    reader.warn(node.position, NO_PATH, 'for a route, give the rule get, post, … or custom')
    return { ...named, rules: [] }
  }
  const rules: WrittenRule[] = []
  const main = readRule(node, entries, reader)
  if (main !== undefined) rules.push(main)
  const additional = entries.get('additional_bindings')
  for (const item of additional === undefined ? [] : reader.items(additional.value, 'additional_bindings')) {
    const itemEntries = reader.entries(item, RULE_KEYS, 'an additional binding')
    const rule = readRule(item, itemEntries, reader)
    if (rule !== undefined) rules.push(rule)
    const nested = itemEntries.get('additional_bindings')
    if (nested !== undefined) {
      reader.complain(
        nested.keyPosition,
        'additional_bindings inside additional_bindings: one level only',
        'list them all directly in the rule',
      )
    }
  }
  return { ...named, rules }
}

function readRule(
  node: DocumentNode,
  entries: Map<string, DocumentEntry>,
  reader: MessageReader,
): WrittenRule | undefined {
  const rulePosition = node.position
  const places: Record<RulePart, Position> = {
    rule: rulePosition,
    kind: rulePosition,
    path: rulePosition,
    body: rulePosition,
    responseBody: rulePosition,
  }
  const readText = (from: Map<string, DocumentEntry>, key: string, part: RulePart) => {
    const entry = from.get(key)
    if (entry === undefined) return undefined
    places[part] = entry.value.position
    return reader.text(entry.value, key)
  }
  const body = readText(entries, 'body', 'body') ?? ''
  const responseBody = readText(entries, 'response_body', 'responseBody') ?? ''
  const [pattern, ...others] = PATTERN_KEYS.filter((key) => entries.has(key))
  if (pattern === undefined) {
    reader.complain(rulePosition, 'an HTTP rule has no path', 'give it get, post, … or custom')
    return undefined
  }
  if (others.length > 0) {
    reader.complain(
      entries.get(others[0]!)!.keyPosition,
      `an HTTP rule has more than one of ${[pattern, ...others].join(', ')}`,
      'put the others into additional_bindings',
    )
    return undefined
  }
  let httpMethod: string | undefined
  let path: string | undefined
  if (pattern === 'custom') {
    const { value } = entries.get(pattern)!
    const custom = reader.entries(value, ['kind', 'path'], 'custom')
    httpMethod = readText(custom, 'kind', 'kind')
    path = readText(custom, 'path', 'path')
    for (const key of ['kind', 'path']) {
      if (!custom.has(key)) reader.complain(value.position, `custom has no ${key}`)
    }
  } else {
    places.kind = entries.get(pattern)!.keyPosition
    httpMethod = PATTERN_METHODS[pattern as PatternKey]
    path = readText(entries, pattern, 'path')
  }
  if (httpMethod === undefined || path === undefined) return undefined
  return { httpMethod, path, body, responseBody, positionOf: (part) => places[part] }
}
