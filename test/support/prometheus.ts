import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../.tools/prometheus/prometheus', import.meta.url))

/** scripts/get-prometheus.mjs has put it there. */
export function hasPrometheus(): boolean {
  const isThere = existsSync(PROGRAM)
  if (!isThere) console.log('skipped: no prometheus binary')
  return isThere
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus that scrapes one target every 200 ms, asked by its own API. */
export class Prometheus {
  readonly #url: string
  readonly #process: ChildProcess
  readonly #folder: string

  private constructor(port: number, process: ChildProcess, folder: string) {
    this.#url = `http://127.0.0.1:${port}`
    this.#process = process
    this.#folder = folder
  }

  /** @param target `127.0.0.1:9901` */
  static async start(target: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'protobridge-prometheus-'))
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      scrape_configs: [{ job_name: 'protobridge', static_configs: [{ targets: [target] }] }],
    }
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
    const port = await freePort()
    const child = spawn(
      PROGRAM,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    )
    return new Prometheus(port, child, folder)
  }

  /** What a query of PromQL gives at this moment; undefined: it does not answer yet. */
  async query(query: string): Promise<readonly Sample[] | undefined> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`).catch(() => undefined)
    if (response?.status !== 200) return undefined
    const { data } = (await response.json()) as {
      readonly data: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>
          readonly value: readonly [number, string]
        }[]
      }
    }
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** Asks until the answer is as it should be; the last one where it never is. */
  async queryUntil(query: string, isThere: (samples: readonly Sample[]) => boolean): Promise<readonly Sample[]> {
    const end = Date.now() + 20_000
    for (;;) {
      const samples = (await this.query(query)) ?? []
      if (isThere(samples) || Date.now() > end) return samples
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
