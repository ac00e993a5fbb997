import { grpcJsTransport } from '../../src/upstream/index.js'
import { describeTransport } from './transport-contract.js'

describeTransport('grpc-js', grpcJsTransport)
