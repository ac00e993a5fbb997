import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { benchProto, protoRoots } from './proto.js'

export interface Item {
  readonly id: string
}

/** What GetItem answers, but for the id. */
export const ITEM = {
  title: 'A title of usual length',
  revision: '42',
  tags: ['a', 'b'],
  isPublic: true,
  labels: { shelf: 'fiction' },
}

/** What ListItems answers: some 100 KB as JSON. */
export const LIST = {
  items: Array.from({ length: 300 }, (_, at) => ({
    ...ITEM,
    id: String(at),
    text: 'A sentence or two of what it is about, as catalogs have them. '.repeat(4),
  })),
}

const definition = loadSync(benchProto, { includeDirs: protoRoots, longs: String })
loadPackageDefinition(definition)

/** bench.v1.EchoService. */
export const echoService = definition['bench.v1.EchoService'] as unknown as ServiceDefinition
