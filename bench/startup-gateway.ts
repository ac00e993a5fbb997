import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeServices } from './generate-services.js'

const TARGET_MS = 3000

/** A gateway in a fresh process, from the generated protos on disk to a snapshot ready to serve. */
export async function benchGatewayStartup(services = 1_000, methodsEach = 10): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-startup-'))
  try {
    writeServices(folder, services, methodsEach)
    const child = fork(fileURLToPath(new URL('./servers/startup.js', import.meta.url)), [folder])
    const [{ milliseconds, rss }] = (await once(child, 'message')) as [{ milliseconds: number; rss: number }]
    console.log(
      `gateway over ${services} services of ${methodsEach} methods: snapshot in ${Math.round(milliseconds)} ms ` +
        `(target ${TARGET_MS}), process ${Math.round(rss / 1024 / 1024)} MiB`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}
