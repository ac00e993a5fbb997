import { pino } from 'pino'
import { openServed, type ServedGateway } from '../gateway/index.js'
import { sourceOf, type SourceOptions } from './source.js'
import { summarise } from './summary.js'
import { keepObjectsYoung } from './young-objects.js'

/** `protobridge serve`: runs until SIGTERM or SIGINT; SIGHUP reloads. Resolves when it has begun to serve. */
export async function serve(options: SourceOptions): Promise<void> {
  keepObjectsYoung()
  const source = sourceOf(options)
  const logger = pino({ level: 'info' }, pino.destination({ dest: 2, sync: true }))
  // What comes before there is anything to reload is no reason to end.
  process.on('SIGHUP', () => undefined)
  const gateway = await openServed(source, { logger })
  const stop = stopper(gateway)
  process.on('SIGTERM', stop).on('SIGINT', stop)
  process.on('SIGHUP', () => void gateway.reloadBecause('SIGHUP'))
  const { urls, admin, grpcHealth } = await gateway.listen().catch(async (error: unknown) => {
    await gateway.close()
    throw error
  })
  for (const line of summarise(gateway.snapshot)) console.error(line)
  console.error(`admin on ${admin}`)
  if (grpcHealth !== undefined) console.error(`grpc.health.v1 on ${grpcHealth}`)
  console.log(`protobridge ready on ${urls.join(' ')}`)
}

/** The first signal drains, the second cuts. Exit 0 when all finished, 1 when something had to be cut. */
function stopper(gateway: ServedGateway): () => void {
  let isStopping = false
  return () => {
    if (isStopping) return gateway.cut()
    isStopping = true
    gateway.close().then(
      ({ wasCut }) => process.exit(wasCut ? 1 : 0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
}
