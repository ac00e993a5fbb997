import { formatProblem } from '../problems/index.js'
import { withSnapshot } from './load-once.js'
import { sourceOf, type SourceOptions } from './source.js'
import { summarise } from './summary.js'

/** `protobridge check`: exit 0, or 1 with every error on a line of its own. */
export async function check(options: SourceOptions): Promise<void> {
  await withSnapshot(sourceOf(options), (snapshot) => {
    for (const warning of snapshot.warnings) console.error(`warning: ${formatProblem(warning)}`)
    for (const line of summarise(snapshot)) console.error(line)
    console.log('ok')
  })
}
