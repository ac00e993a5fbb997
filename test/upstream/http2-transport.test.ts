import { http2Transport } from '../../src/upstream/transports/http2/index.js'
import { describeTransport } from './transport-contract.js'

describeTransport('http2', http2Transport)
