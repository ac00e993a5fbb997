/*
 * A gateway in several processes, for the tests of `limits.store: cluster`: the primary counts, workers serve.
 *
 *   node cluster-gateway.mjs CONFIG WORKERS
 *
 * Prints `ready URL PID` for each worker that listens. A worker that ends is replaced.
 */
import cluster from 'node:cluster'
import process from 'node:process'
import { pino } from 'pino'

const [config, workers] = process.argv.slice(2)

if (cluster.isPrimary) {
  const { openLimitPrimary } = await import('../../dist/src/index.js')
  openLimitPrimary()
  cluster.on('message', (worker, { url }) => {
    if (url !== undefined) process.stdout.write(`ready ${url} ${worker.process.pid}\n`)
  })
  cluster.on('exit', () => cluster.fork())
  for (let i = 0; i < Number(workers); i++) cluster.fork()
} else {
  const { createGateway } = await import('../../dist/src/index.js')
  const gateway = await createGateway(config, { logger: pino(pino.destination(2)) })
  const { urls } = await gateway.listen()
  process.send({ url: urls[0] })
  process.on('disconnect', () => process.exit())
}
