import { cpus } from 'node:os'
import { benchAuth, benchCertificates, benchVerification } from './auth.js'
import { benchBalancers } from './balancers.js'
import { benchCompiledTypes } from './compiled-types.js'
import { benchConnections } from './connections.js'
import { benchEndpointCounts } from './endpoint-counts.js'
import { benchEverything } from './everything.js'
import { benchGateway } from './gateway.js'
import { benchLatency } from './latency.js'
import { benchHedging, benchOutage, benchPolicyCost } from './resilience.js'
import { benchLimits, benchRedisLimit } from './limits.js'
import { benchPolicyParts } from './policy-parts.js'
import { benchList } from './list.js'
import { benchRouter } from './router.js'
import { benchCommandStartup } from './startup-command.js'
import { benchGatewayStartup } from './startup-gateway.js'
import { benchSlowEndpoint } from './slow-endpoint.js'
import { benchStartup } from './startup.js'
import { benchTelemetry } from './telemetry.js'
import { benchTls } from './tls.js'
import { benchTranscode } from './transcode.js'
import { benchWorkers } from './workers.js'
import { benchXml } from './xml.js'

/** `npm run bench [-- --quick]`: everything that is measured, with the machine it was measured on. */

const isQuick = process.argv.includes('--quick')
/** Enough to see that nothing fails; what it tells of costs is little. */
const QUICK = { seconds: 1, rounds: 1, warmUp: 5_000 }
const [cpu] = cpus()
console.log(
  `${cpu?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}${isQuick ? ', quick' : ''}\n`,
)

console.log('router')
benchRouter()

console.log('\ntranscode')
benchTranscode(isQuick)
benchCompiledTypes(isQuick ? 1_000 : 10_000)

console.log('\nXML')
benchXml()

console.log('\nstart-up')
benchStartup()
await benchGatewayStartup()
benchCommandStartup()

console.log('\nbalancers')
benchBalancers(isQuick)

let failed = 0
// Elsewhere loopback has one address, not a network of them.
if (process.platform === 'linux') {
  console.log('\ngateway, one endpoint slow')
  failed += await benchSlowEndpoint(isQuick ? 1.5 : 5)

  console.log('\ngateway, number of endpoints')
  failed += await benchEndpointCounts(isQuick ? { seconds: 1, rounds: 1 } : { seconds: 3, rounds: 3 })
}

console.log('\ngateway, traffic policies')
failed += await benchPolicyCost(isQuick ? QUICK : { seconds: 4, rounds: 3 })
const over = await benchOutage(isQuick ? 3 : 10)
if (over > 0) console.error('attempts were above the budget')
failed += over
if (process.platform === 'linux') failed += await benchHedging(isQuick ? 1.5 : 5)

console.log('\ngateway, who calls')
failed += await benchAuth(isQuick ? QUICK : { seconds: 4, rounds: 3 })
benchCertificates()
await benchVerification()

console.log('\ngateway, telemetry')
failed += await benchTelemetry(isQuick ? QUICK : { seconds: 4, rounds: 5 })

console.log('\ngateway, limits and CORS')
failed += await benchLimits(isQuick ? QUICK : { seconds: 4, rounds: 3 })
benchPolicyParts(isQuick)
failed += await benchRedisLimit(isQuick ? 2 : 10)

console.log('\ngateway, everything on')
failed += await benchEverything(isQuick ? QUICK : { seconds: 4, rounds: 5 })

console.log('\ngateway')
failed += await benchGateway(isQuick ? { seconds: 1.5, rounds: 1 } : { seconds: 5, rounds: 3 })
console.log('\ngateway, TLS')
failed += await benchTls(isQuick ? QUICK : { seconds: 4, rounds: 3 })
console.log('\ngateway, a list of 300')
failed += await benchList(isQuick ? { seconds: 1, rounds: 1 } : { seconds: 3, rounds: 3 })

if (!isQuick) {
  console.log('\ngateway, many clients')
  failed += await benchConnections({ seconds: 3, rounds: 3 })

  console.log('\ngateway, latency at half of what it can do')
  failed += await benchLatency(5)
}
// The CPU of several processes is read from /proc.
if (process.platform === 'linux') {
  console.log('\ngateway, workers')
  failed += await benchWorkers(isQuick ? { seconds: 1, rounds: 1 } : { seconds: 5, rounds: 3 })
}

if (failed > 0) {
  console.error(`${failed} requests failed`)
  process.exitCode = 1
}
