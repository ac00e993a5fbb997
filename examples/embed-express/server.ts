/**
 * The gateway in an Express app. Run it in the root of the checkout, beside the library server:
 *
 *     node dist/examples/servers/library.js --port 50051
 *     node dist/examples/embed-express/server.js
 */
// In a project of your own: from 'protobridge'. Here the types must be found before anything is built.
import { createGateway } from '../../src/index.js'
import { createApp } from './app.js'

// The keys of a configuration file, as an object. Relative paths are relative to the working directory.
const gateway = await createGateway({
  schema: [{ protos: ['library/v1/*.proto'], roots: ['protos'] }],
  upstreams: {
    library: { target: `static:///127.0.0.1:${process.env['LIBRARY_PORT'] ?? '50051'}`, services: ['library.v1.*'] },
  },
})

const server = createApp(gateway).listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', (error) => {
  if (error) throw error
  const address = server.address()
  if (typeof address === 'object') console.log(`express listening on http://127.0.0.1:${address?.port}`)
})

/** Lets what is under way finish, then closes the connections to the servers behind. */
function stop(): void {
  server.close(() => {
    void gateway.close()
  })
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
