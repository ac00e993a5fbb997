import { describe } from '@jest/globals'
import type { Transport } from '../../src/upstream/index.js'
import { describeUnaryCalls } from './contract/calls.js'
import { describeConnections } from './contract/connections.js'
import { describeTls } from './contract/tls.js'
import { describeStreams } from './contract/streams.js'
import { describeHostileServers } from './contract/hostile.js'

/** What any transport has to do, whatever it is made of. */
export function describeTransport(name: string, transport: Transport): void {
  describe(`transport ${name}`, () => {
    describeUnaryCalls(transport)
    describeStreams(transport)
    describeHostileServers(transport)
    describeConnections(transport)
    describeTls(transport)
  })
}
