import { describe } from '@jest/globals'
import type { Transport } from '../../src/upstream/index.js'
import { startEchoServer } from '../support/grpc-servers/echo-server.js'
import { describeAnswers } from './contract/answers.js'
import { describeCcoreServer } from './contract/ccore.js'
import { describeConnections } from './contract/connections.js'
import { describeGoServer } from './contract/go.js'
import { describeHostileServers } from './contract/hostile.js'
import { describeInterop } from './contract/interop.js'
import { describeStreams } from './contract/streams.js'
import { describeTls } from './contract/tls.js'
import { describeUnaryCalls } from './contract/unary-calls.js'

/** What any transport has to do, whatever it is made of. */
export function describeTransport(name: string, transport: Transport): void {
  describe(`transport ${name}`, () => {
    describe('against @grpc/grpc-js', () => {
      describeUnaryCalls(transport, startEchoServer)
      describeStreams(transport, startEchoServer)
    })
    describeCcoreServer(transport)
    describeGoServer(transport)
    describeInterop(transport)
    describeAnswers(transport)
    describeHostileServers(transport)
    describeConnections(transport)
    describeTls(transport)
  })
}
