import { addUp, countsOf, type MetricsSnapshot } from '../../telemetry/index.js'
import type { WorkerAnswer, WorkerView } from '../../workers/index.js'

/**
 * What all workers count. What a worker that has ended had counted stays part of it: a sum that went down would look as if all of it
 * had begun anew.
 */
export class WorkerMetrics {
  readonly #byPid = new Map<number, MetricsSnapshot>()
  #ended: MetricsSnapshot = {}

  /** @returns undefined: nothing is counted */
  with(
    answers: readonly WorkerAnswer<MetricsSnapshot | undefined>[],
    workers: readonly WorkerView[],
  ): readonly MetricsSnapshot[] | undefined {
    for (const [pid, snapshot] of this.#byPid) {
      if (workers.some((worker) => worker.pid === pid)) continue
      this.#byPid.delete(pid)
      this.#ended = addUp([this.#ended, countsOf(snapshot)])
    }
    for (const { worker: place, value } of answers) {
      const pid = workers.find(({ worker }) => worker === place)?.pid ?? undefined
      if (pid !== undefined && value !== undefined) this.#byPid.set(pid, value)
    }
    if (answers.length > 0 && answers.every(({ value }) => value === undefined)) return undefined
    return [this.#ended, ...this.#byPid.values()]
  }
}
