import type { FileRegistry } from '@bufbuild/protobuf'
import { buildSchema, compileSource } from '../../../src/descriptors/index.js'
import { parseTemplate, type Binding, type BodyBinding } from '../../../src/mapping/index.js'
import { Problems } from '../../../src/problems/index.js'
import { StatusError } from '../../../src/status/index.js'
import { createTranscoder, serviceSchema, type ServiceSchema } from '../../../src/transcode/index.js'
import { DEFAULT_OPTIONS } from '../support.js'

/** The types of one proto file, as our compiler compiles it. */
export function registryOf(proto: string): FileRegistry {
  const problems = new Problems()
  const schema = buildSchema([compileSource('test.proto', proto, problems)], problems)
  problems.throwIfAny()
  return schema!.registry
}

/** The service of a file that has one, every method bound as `body` says; its schema, and the gateway's own verdict. */
export class DescribedService {
  readonly schema: ServiceSchema
  readonly #registry: FileRegistry
  readonly #bindings: readonly Binding[]

  /** @param body of each method: `*` or a field of its request */
  constructor(registry: FileRegistry, typeName: string, body = '*') {
    this.#registry = registry
    const service = registry.getService(typeName)!
    const parsed = parseTemplate('/v1/x')
    if (!('template' in parsed)) throw new Error('not a template')
    this.#bindings = service.methods.map((method) => {
      const bound: BodyBinding =
        body === '*'
          ? { kind: 'whole' }
          : { kind: 'field', field: method.input.fields.find(({ name }) => name === body)! }
      const position = { file: 'test.proto', line: 1, column: 1 }
      const { template } = parsed
      const rest = { responseBody: undefined, source: 'annotation', position } as const
      return { method, httpMethod: 'POST', template, captures: [], body: bound, ...rest }
    })
    this.schema = serviceSchema({ registry, service, bindings: this.#bindings, ignoresUnknown: false, comment: '' })
  }

  /** Why the gateway refuses a body, or undefined where it takes it. */
  refusal(document: string, method = 0): string | undefined {
    const plan = createTranscoder({ ...DEFAULT_OPTIONS, registry: this.#registry }).compile(this.#bindings[method]!)
    const body = Buffer.from(document)
    try {
      plan.decodeRequest({ captures: [], query: '', body, format: 'xml', contentType: '' })
      return undefined
    } catch (error) {
      if (error instanceof StatusError) return error.message
      throw error
    }
  }

  /** A message as the gateway writes it. */
  write(message: Uint8Array, method = 0): string {
    const plan = createTranscoder({ ...DEFAULT_OPTIONS, registry: this.#registry }).compile(this.#bindings[method]!)
    const wishes = { format: undefined, enumsAsIntegers: false, prettyPrint: false }
    return Buffer.from(plan.encodeResponse(message, 'xml', wishes).bytes).toString()
  }
}
