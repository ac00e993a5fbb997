import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import { join } from 'node:path'
import { openGateway } from '../../src/gateway/index.js'
import { serve } from './command.js'
import { startEchoUpstream } from './echo-project.js'
import { heldHeap } from './held-heap.js'
import { startPausingProxy } from './pausing-proxy.js'
import { ReconnectingLoad } from './reconnecting-load.js'
import { ChangingProject, TlsLoad } from './reloads.js'
import { untilAllServe } from './worker-pids.js'

const CLIENTS = 4
const OFF = 'telemetry: { accessLog: none, metrics: none }\npolicies: [{ select: "*", timeout: 60s }]'

/** So many reloads of everything while clients ask: none fails, no connection is lost, nothing is held that is not needed. */
export function testReloads(reloads: number, timeoutMs: number): void {
  test(
    `${reloads} reloads of everything: 0 failed, connections kept, memory flat`,
    async () => {
      const upstream = await startEchoUpstream()
      const proxy = await startPausingProxy(upstream.port)
      const changing = await ChangingProject.create(`static:///127.0.0.1:${proxy.port}`, OFF)
      const logger = pino({ level: 'silent' })
      const path = join(changing.project.path, 'gw.yaml')
      const gateway = await openGateway({ kind: 'file', path }, { logger })
      const { urls } = await gateway.listen()
      const plain = new ReconnectingLoad(Number(new URL(urls[0]!).port), '/v1/echo/a', CLIENTS)
      const tls = new TlsLoad(`${urls[1]!}/v1/echo/a`, changing.ca, CLIENTS)
      try {
        const held: number[] = []
        const replaced: WeakRef<object>[] = []
        for (let generation = 2; generation <= reloads + 1; generation++) {
          changing.change(generation)
          replaced.push(new WeakRef(gateway.snapshot))
          expect(await gateway.reload()).toEqual({ generation })
          await changing.check(urls, generation)
          held.push(heldHeap())
        }
        await plain.stop()
        await tls.stop()
        expect({ plain: plain.failures, tls: tls.failures }).toEqual({ plain: [], tls: [] })
        expect({ plain: plain.connections, tls: tls.connections }).toEqual({ plain: CLIENTS, tls: CLIENTS })
        expect(plain.answered + tls.answered).toBeGreaterThan(reloads)
        // One connection of one upstream, whose configuration never changed.
        expect(proxy.connections()).toBe(1)
        heldHeap()
        // The last one may still be on some stack.
        expect(replaced.filter((snapshot) => snapshot.deref() !== undefined).length).toBeLessThanOrEqual(1)
        const half = held.length >> 1
        const growth = (held.at(-1)! - held[half]!) / (held.length - half)
        // The first ones are also those that everything is compiled for, and optimised.
        if (reloads >= 50) expect(growth).toBeLessThan(MAX_GROWTH)
        console.log(
          `${reloads} reloads under load: ${plain.answered + tls.answered} answered, 0 failed, heap ${Math.round(growth)} bytes a reload`,
        )
      } finally {
        await plain.stop()
        await tls.stop()
        await gateway.close()
        proxy.close()
        upstream.stop()
        changing.project.remove()
      }
    },
    timeoutMs,
  )

  test(
    `${reloads} reloads of everything, two workers: 0 failed, connections kept, memory flat`,
    async () => {
      const upstream = await startEchoUpstream()
      const proxy = await startPausingProxy(upstream.port)
      const changing = await ChangingProject.create(`static:///127.0.0.1:${proxy.port}`, `${OFF}\nworkers: 2`)
      const command = await serve(['--config', 'gw.yaml'], { cwd: changing.project.path })
      const { urls, admin, port } = command
      const plain = new ReconnectingLoad(port, '/v1/echo/a', CLIENTS)
      const tls = new TlsLoad(`${urls[1]!}/v1/echo/a`, changing.ca, CLIENTS)
      try {
        const resident: number[] = []
        for (let generation = 2; generation <= reloads + 1; generation++) {
          changing.change(generation)
          const response = await fetch(`${admin}/reload`, { method: 'POST' })
          expect({ status: response.status, body: await response.json() }).toEqual({
            status: 200,
            body: { generation },
          })
          await changing.check(urls, generation)
          const rows = await untilAllServe(admin)
          expect(rows.map((row) => row.generation)).toEqual([generation, generation])
          resident.push(rows.reduce((sum, row) => sum + row.memoryBytes!, 0))
        }
        await plain.stop()
        await tls.stop()
        expect({ plain: plain.failures, tls: tls.failures }).toEqual({ plain: [], tls: [] })
        expect({ plain: plain.connections, tls: tls.connections }).toEqual({ plain: CLIENTS, tls: CLIENTS })
        expect(proxy.connections()).toBe(2)
        const [early, late] = [resident[reloads >> 1]!, resident.at(-1)!]
        // V8 takes what it likes for a while: only what grows on and on is of interest.
        expect(late - early).toBeLessThan(MAX_RESIDENT_GROWTH)
        console.log(
          `${reloads} reloads of two workers under load: ${plain.answered + tls.answered} answered, 0 failed, ` +
            `resident ${Math.round(early / MIB)} MiB after half of them, ${Math.round(late / MIB)} MiB in the end`,
        )
      } finally {
        await plain.stop()
        await tls.stop()
        await command.stop()
        proxy.close()
        upstream.stop()
        changing.project.remove()
      }
    },
    timeoutMs,
  )
}

const MIB = 1024 * 1024
/** Bytes of heap a reload. */
const MAX_GROWTH = 64 * 1024
const MAX_RESIDENT_GROWTH = 80 * MIB
