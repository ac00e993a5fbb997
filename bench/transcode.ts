import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PlanTable } from '../src/transcode/plan/plan-table.js'
import type { MessagePlan } from '../src/transcode/plan/types.js'
import { DecodeTables } from '../src/transcode/decode/tables.js'
import { JsonDecoder } from '../src/transcode/json/decode.js'
import { JsonWriter } from '../src/transcode/json/write.js'
import { compare } from './compare.js'
import { median } from './processes.js'
import { transcodeSamples, type Sample } from './transcode-messages.js'

/** Where `scripts/get-node.mjs` puts the current LTS. */
const NEWER_NODE = fileURLToPath(
  new URL(`../../.tools/node-lts/node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
)

const STYLE = { emitDefaults: false, enumsAsIntegers: false, protoNames: false }

/** One direction, beside what every JavaScript program pays for the same text. */
interface Direction {
  readonly name: string
  readonly peer: string
  /** Ours and the peer's, ready to be run again and again. */
  runs(sample: Sample, plans: PlanTable): readonly [ours: () => unknown, theirs: () => unknown]
}

const DIRECTIONS: readonly Direction[] = [
  {
    name: 'JSON to wire',
    peer: 'JSON.parse',
    runs: ({ type, object }, plans) => {
      const text = Buffer.from(JSON.stringify(object))
      const decoder = new JsonDecoder({ plans, tables: new DecodeTables(), ignoresUnknown: false })
      const plan = plans.messagePlan(type)
      return [() => fromJson(decoder, plan, text), () => JSON.parse(text.toString()) as unknown]
    },
  },
  {
    name: 'wire to JSON',
    peer: 'JSON.stringify',
    runs: ({ type, object }, plans) => {
      const decoder = new JsonDecoder({ plans, tables: new DecodeTables(), ignoresUnknown: false })
      const plan = plans.messagePlan(type)
      const wire = fromJson(decoder, plan, Buffer.from(JSON.stringify(object)))
      const writer = new JsonWriter(plans)
      return [() => writer.write(plan, wire, STYLE), () => Buffer.from(JSON.stringify(object))]
    },
  },
]

function fromJson(decoder: JsonDecoder, plan: MessagePlan, text: Uint8Array): Uint8Array {
  return decoder.decodeMessage(text, plan, undefined).finish()
}

/** What one process measured of a direction and a message, in µs. */
export interface TranscodeTimes {
  readonly what: string
  readonly peer: string
  readonly ours: number
  readonly theirs: number
}

/** Each direction with each message, beside its peer in the same process; conversions between Buffer and string count. */
export function transcodeTimes(isQuick: boolean): TranscodeTimes[] {
  const { registry, samples } = transcodeSamples()
  const plans = new PlanTable(registry)
  return DIRECTIONS.flatMap(({ name, peer, runs }) =>
    samples.map((sample) => {
      const [ours, theirs] = compare(...runs(sample, plans), isQuick)
      const size = Buffer.byteLength(JSON.stringify(sample.object))
      return { what: `${name}, ${sample.name} (${size} bytes)`, peer, ours, theirs }
    }),
  )
}

/** Each direction takes at most as long as its peer. */
const TARGET_RATIO = 1

/**
 * Prints, for each message and direction, microseconds beside the peer's: medians over processes, since how code is
 * compiled and where it lies differs by several percent from one to the next.
 */
export function benchTranscode(isQuick: boolean): void {
  const rounds = isQuick ? 1 : 5
  const ours = ratiosOn(process.execPath, isQuick, rounds)
  for (const { line } of ours) console.log(`transcode: ${line}`)
  console.log(`transcode: worst ratio ${worstOf(ours).toFixed(2)} (target: at most ${TARGET_RATIO.toFixed(1)})`)
  if (!existsSync(NEWER_NODE)) return
  const newer = ratiosOn(NEWER_NODE, isQuick, rounds)
  const version = execFileSync(NEWER_NODE, ['--version'], { encoding: 'utf8' }).trim()
  const ratios = newer.map(({ ratio }) => ratio.toFixed(2)).join(', ')
  console.log(`transcode: on Node ${version} in this order: ${ratios}; worst ${worstOf(newer).toFixed(2)}`)
}

interface Row {
  readonly line: string
  readonly ratio: number
}

function ratiosOn(node: string, isQuick: boolean, processes: number): Row[] {
  const runs = Array.from({ length: processes }, () => timesOf(node, isQuick))
  return runs[0]!.map(({ what, peer }, row) => {
    const ours = median(runs.map((run) => run[row]!.ours))
    const theirs = median(runs.map((run) => run[row]!.theirs))
    const ratio = median(runs.map((run) => run[row]!.ours / run[row]!.theirs))
    const times = `${ours.toFixed(1)} µs, ${peer} ${theirs.toFixed(1)} µs`
    return { line: `${what.padEnd(40)} ${times}, ratio ${ratio.toFixed(2)}`, ratio }
  })
}

function timesOf(node: string, isQuick: boolean): TranscodeTimes[] {
  const args = [fileURLToPath(new URL('./transcode-process.js', import.meta.url)), ...(isQuick ? ['--quick'] : [])]
  return JSON.parse(execFileSync(node, args, { encoding: 'utf8' })) as TranscodeTimes[]
}

function worstOf(rows: readonly Row[]): number {
  return Math.max(...rows.map(({ ratio }) => ratio))
}
