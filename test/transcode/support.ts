import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createFileRegistry,
  createRegistry,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
  type FileRegistry,
  type Registry,
} from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { parseTemplate, type Binding, type BodyBinding, type Capture } from '../../src/mapping/index.js'
import { StatusError } from '../../src/status/index.js'
import { createTranscoder, type TranscodeOptions, type Transcoder } from '../../src/transcode/index.js'
import { DecodeTables } from '../../src/transcode/decode/tables.js'
import { JsonDecoder } from '../../src/transcode/json/decode.js'
import { JsonWriter } from '../../src/transcode/json/write.js'
import { PlanTable } from '../../src/transcode/plan/plan-table.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const FILES = ['all_types_proto3', 'all_types_proto2', 'all_types_edition2023', 'library']

/** The fixtures as a real protoc compiles them. */
function compileFixtures(): FileRegistry {
  const folder = mkdtempSync(join(tmpdir(), 'transcode-'))
  try {
    const out = join(folder, 'fixtures.binpb')
    const roots = ['./fixtures', '../../node_modules/protoc/include', '../../node_modules/google-proto-files']
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        path('../../node_modules/protoc/protoc.cjs'),
        ...roots.map((root) => `-I${path(root)}`),
        '--include_imports',
        `--descriptor_set_out=${out}`,
        ...FILES.map((file) => `${file}.proto`),
      ],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(stderr)
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(out)))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const registry = compileFixtures()

export function messageType(name: string): DescMessage {
  const desc = registry.getMessage(name)
  if (desc === undefined) throw new Error(`no message ${name}`)
  return desc
}

export const Proto3 = messageType('protobridge.test.proto3.AllTypes')
export const Proto2 = messageType('protobridge.test.proto2.AllTypes')
export const Editions = messageType('protobridge.test.editions.AllTypes')
export const Request = messageType('protobridge.test.library.Request')
export const Response = messageType('protobridge.test.library.Response')
export const Book = messageType('protobridge.test.library.Book')

const plans = new PlanTable(registry)
const tables = new DecodeTables()
const strict = new JsonDecoder({ plans, tables, ignoresUnknown: false })
const lenient = new JsonDecoder({ plans, tables, ignoresUnknown: true })
const jsonWriter = new JsonWriter(plans)

export interface JsonOptions {
  readonly ignoreUnknown?: boolean
  readonly emitDefaults?: boolean
  readonly enumsAsIntegers?: boolean
  readonly protoNames?: boolean
}

/** JSON text → wire bytes, as a whole body is. */
export function fromJsonText(desc: DescMessage, text: string | Uint8Array, options: JsonOptions = {}): Uint8Array {
  const decoder = options.ignoreUnknown === true ? lenient : strict
  return decoder.decodeMessage(Buffer.from(text as string), plans.messagePlan(desc), undefined).finish()
}

/** Wire bytes → compact JSON text. */
export function toJsonText(desc: DescMessage, bytes: Uint8Array, options: JsonOptions = {}): string {
  const { emitDefaults = false, enumsAsIntegers = false, protoNames = false } = options
  return jsonWriter.write(plans.messagePlan(desc), bytes, { emitDefaults, enumsAsIntegers, protoNames }).toString()
}

const jsonRegistry: Registry = createRegistry(registry)

/** The oracle's JSON of wire bytes: @bufbuild/protobuf, which is not on our way from text to wire. */
export function oracleToJson(desc: DescMessage, bytes: Uint8Array): string {
  return toJsonString(desc, fromBinary(desc, bytes), { registry: jsonRegistry })
}

export function oracleFromJson(desc: DescMessage, text: string, ignoreUnknownFields = false): Uint8Array {
  return toBinary(desc, fromJsonString(desc, text, { registry: jsonRegistry, ignoreUnknownFields }))
}

export const DEFAULT_OPTIONS: TranscodeOptions = {
  registry,
  json: { unknownFields: 'reject', emitDefaults: false, enumsAsIntegers: false, protoNames: false },
  query: { unknown: 'reject', ignore: [] },
  patch: { deriveMask: true },
}

export function transcoderWith(options: Partial<TranscodeOptions> = {}): Transcoder {
  return createTranscoder({ ...DEFAULT_OPTIONS, ...options })
}

export interface RuleText {
  readonly rpc?: 'Call' | 'Upload' | 'Update' | 'Deep'
  readonly httpMethod?: string
  readonly template: string
  /** `*`, or a field; absent: no body. */
  readonly body?: string
  readonly responseBody?: string
}

/** A binding as mapping makes it of a rule that is sound. */
export function bind(rule: RuleText): Binding {
  const method = registry
    .getService('protobridge.test.library.Library')!
    .methods.find((candidate) => candidate.name === (rule.rpc ?? 'Call'))!
  const parsed = parseTemplate(rule.template)
  if (!('template' in parsed)) throw new Error(`not a template: ${rule.template}`)
  const field = (desc: DescMessage, name: string) => desc.fields.find((candidate) => candidate.name === name)!
  const captures = parsed.template.variables.map((variable): Capture => {
    let desc: DescMessage | undefined = method.input
    const fields = variable.fieldPath.map((name) => {
      const found = field(desc!, name)
      desc = found.message
      return found
    })
    return { variable, path: fields, fullyDecode: false }
  })
  const body: BodyBinding =
    rule.body === undefined
      ? { kind: 'none' }
      : rule.body === '*'
        ? { kind: 'whole' }
        : { kind: 'field', field: field(method.input, rule.body) }
  return {
    method,
    httpMethod: rule.httpMethod ?? (rule.body === undefined ? 'GET' : 'POST'),
    template: parsed.template,
    captures,
    body,
    responseBody: rule.responseBody === undefined ? undefined : field(method.output, rule.responseBody),
    source: 'annotation',
    position: { file: 'library.proto', line: 1, column: 1 },
  }
}

/** What a call throws, as a StatusError; fails where it throws none. */
export function thrownBy(call: () => unknown): StatusError {
  try {
    call()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const fromHex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** What an error says, without the place in the body that it ends with. */
export const withoutPlace = (message: string): string => message.replace(/, at line \d+ column \d+$/, '')
