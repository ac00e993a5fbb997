import { PlanTable } from '../src/transcode/plan/plan-table.js'
import type { MessagePlan } from '../src/transcode/plan/types.js'
import { DecodeTables } from '../src/transcode/decode/tables.js'
import { JsonDecoder } from '../src/transcode/json/decode.js'
import { JsonWriter } from '../src/transcode/json/write.js'
import { compare } from './compare.js'
import { transcodeSamples, type Sample } from './transcode-messages.js'

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

/** Each direction takes at most as long as its peer, conversions between Buffer and string counted on both sides. */
const TARGET_RATIO = 1

/**
 * Prints, for each message and direction, microseconds beside the peer's.
 *
 * @returns the worst ratio
 */
export function benchTranscode(isQuick: boolean): number {
  const { registry, samples } = transcodeSamples()
  const plans = new PlanTable(registry)
  let worst = 0
  for (const { name, peer, runs } of DIRECTIONS) {
    for (const sample of samples) {
      const [ours, theirs] = compare(...runs(sample, plans), isQuick)
      const ratio = ours / theirs
      worst = Math.max(worst, ratio)
      const size = Buffer.byteLength(JSON.stringify(sample.object))
      const what = `${name}, ${sample.name} (${size} bytes)`
      console.log(
        `transcode: ${what.padEnd(40)} ${ours.toFixed(1)} µs, ${peer} ${theirs.toFixed(1)} µs, ratio ${ratio.toFixed(2)}`,
      )
    }
  }
  console.log(`transcode: worst ratio ${worst.toFixed(2)} (target: at most ${TARGET_RATIO.toFixed(1)})`)
  return worst
}
