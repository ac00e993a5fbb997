import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { benchCosts, type CostRun } from './costs.js'
import { startCollector } from './collector.js'
import { BENCH_ISSUER, createIdentity } from './identity.js'

/**
 * Prints what everything together costs that a gateway in earnest has on: who calls is known by a token, each may call so often, traces
 * of one in a hundred, metrics and the access log are told, calls are retried, and endpoints ejected.
 *
 * @returns the number of failed requests
 */
export async function benchEverything(length: CostRun): Promise<number> {
  const collector = await startCollector()
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-bench-'))
  try {
    const { jwks, token } = await createIdentity(folder)
    const headers = `authorization: Bearer ${token}\r\n`
    const server = 'protobridge'
    return await benchCosts(
      [
        { name: 'bare', server: 'bare', headers },
        { name: 'all off', server, headers },
        {
          name: 'everything on',
          server,
          headers,
          auth: { providers: { idp: { jwt: { issuer: BENCH_ISSUER, jwks } } } },
          policies: [
            {
              select: '*',
              auth: {},
              limits: [{ name: 'many', rate: '100000000/h', by: 'identity' }],
              retry: { attempts: 3, on: ['UNAVAILABLE'] },
            },
          ],
          upstream: { outlier: {} },
          telemetry: { traces: 'otlp', metrics: 'prometheus', accessLog: { file: join(folder, 'access.log') } },
          warmUpHeaders: 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n',
          env: {
            OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
            OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
            OTEL_TRACES_SAMPLER_ARG: '0.01',
          },
        },
      ],
      length,
    )
  } finally {
    rmSync(folder, { recursive: true })
    collector.close()
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchEverything({ seconds: 4, rounds: 5 })
}
