import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DescService } from '@bufbuild/protobuf'
import { didYouMean } from '../problems/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { serviceSchema, type ServiceSchema } from '../transcode/index.js'
import { withSnapshot } from './load-once.js'
import { sourceOf, type SourceOptions } from './source.js'
import { UsageError } from './usage-error.js'

interface XsdOptions extends SourceOptions {
  readonly out?: string
  readonly examples?: boolean
}

/** `protobridge xsd`: the XML Schema of each service, to stdout or into a folder. */
export async function xsd(names: readonly string[], options: XsdOptions): Promise<void> {
  const schemas = await withSnapshot(sourceOf(options), (snapshot) =>
    chosenServices(snapshot, names).map((service) => ({ service, schema: schemaOf(service, snapshot) })),
  )
  for (const { service, schema } of schemas) {
    for (const note of schema.notes) console.error(`${service.typeName}: ${note}`)
  }
  if (options.out !== undefined) return writeFiles(options.out, schemas, options.examples === true)
  if (options.examples === true) throw new UsageError('--examples: a file each, so give --out DIR too')
  const [first, ...others] = schemas
  if (first === undefined) throw new UsageError('no service has a route: there is nothing to describe')
  if (others.length > 0 || first.schema.files.length > 1) {
    const why =
      others.length > 0
        ? `there are ${schemas.length} services: name one of ${schemas.map(({ service }) => service.typeName).join(', ')}`
        : `${first.service.typeName} has elements of ${first.schema.files.length} namespaces, a file each`
    throw new UsageError(`${why}, or give --out DIR`)
  }
  process.stdout.write(first.schema.files[0]!.text)
}

function schemaOf(service: DescService, snapshot: Snapshot): ServiceSchema {
  return serviceSchema({
    registry: snapshot.schema.registry,
    service,
    bindings: snapshot.routes.map(({ route }) => route.binding).filter(({ method }) => method.parent === service),
    ignoresUnknown: snapshot.config.json.unknownFields === 'ignore',
    comment: snapshot.schema.commentOf(service),
  })
}

/** Services that have a route; those named, where any are. */
function chosenServices(snapshot: Snapshot, names: readonly string[]): DescService[] {
  const services = [...new Set(snapshot.routes.map(({ route }) => route.binding.method.parent))]
  if (names.length === 0) return services
  return names.map((name) => {
    const found = services.find(({ typeName }) => typeName === name)
    if (found !== undefined) return found
    const known = services.map(({ typeName }) => typeName)
    const advice = didYouMean(name, known) ?? `there are ${known.join(', ')}`
    throw new UsageError(`no service "${name}" has a route: ${advice}`)
  })
}

function writeFiles(
  folder: string,
  schemas: readonly { readonly schema: ServiceSchema }[],
  withExamples: boolean,
): void {
  mkdirSync(folder, { recursive: true })
  for (const { schema } of schemas) {
    for (const { name, text } of withExamples ? [...schema.files, ...schema.examples] : schema.files) {
      writeFileSync(join(folder, name), text)
      console.log(join(folder, name))
    }
  }
}
