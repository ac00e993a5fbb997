import { cpus } from 'node:os'
import { benchCompiledTypes } from './compiled-types.js'
import { benchGateway } from './gateway.js'
import { benchRouter } from './router.js'
import { benchGatewayStartup } from './startup-gateway.js'
import { benchStartup } from './startup.js'
import { benchTranscode } from './transcode.js'
import { benchXml } from './xml.js'

/** `npm run bench [-- --quick]`: everything that is measured, with the machine it was measured on. */

const isQuick = process.argv.includes('--quick')
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

console.log('\ngateway')
const failed = await benchGateway(isQuick ? { seconds: 1.5, rounds: 1 } : { seconds: 5, rounds: 3 })
if (failed > 0) {
  console.error(`${failed} requests failed`)
  process.exitCode = 1
}
