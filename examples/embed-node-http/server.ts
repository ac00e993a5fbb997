/**
 * The gateway in a bare `node:http` server. Run it in the root of the checkout, beside the inventory server:
 *
 *     node dist/examples/servers/inventory.js --port 50052
 *     node dist/examples/embed-node-http/server.js
 */
import { createServer } from 'node:http'
// In a project of your own: from 'protobridge'. Here the types must be found before anything is built.
import { createGateway } from '../../src/index.js'
import { createListener } from './listener.js'

const gateway = await createGateway('examples/embed-node-http/protobridge.yaml')

const server = createServer(createListener(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`node:http listening on http://127.0.0.1:${address?.port}`)
})

/** Lets what is under way finish, then closes the connections to the servers behind. */
function stop(): void {
  server.close(() => {
    void gateway.close()
  })
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
