import { describe } from '@jest/globals'
import type { Transport } from '../../src/upstream/index.js'
import { describeUnaryCalls } from './contract/calls.js'
import { describeStreams } from './contract/streams.js'
import { describeHostileServers } from './contract/hostile.js'

/** What any transport has to do, whatever it is made of. */
export function describeTransport(name: string, transport: Transport): void {
  describe(`transport ${name}`, () => {
    describeUnaryCalls(transport)
    describeStreams(transport)
    describeHostileServers(transport)
  })
}
