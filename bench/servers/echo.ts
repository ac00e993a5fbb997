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

const definition = loadSync(benchProto, { includeDirs: protoRoots, longs: String })
loadPackageDefinition(definition)

/** bench.v1.EchoService. */
export const echoService = definition['bench.v1.EchoService'] as unknown as ServiceDefinition
