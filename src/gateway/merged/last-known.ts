import type { WorkerAnswer, WorkerView } from '../../workers/index.js'

/** What workers said last: one that is too busy to answer, compiling a large configuration, is as it was. */
export class LastKnown<T> {
  readonly #byPid = new Map<number, T>()

  /** What the workers that serve say now, or else said last. */
  with(answers: readonly WorkerAnswer<T>[], workers: readonly WorkerView[]): readonly T[] {
    const serving = workers.filter(({ state, pid }) => state === 'serving' && pid !== null)
    for (const pid of this.#byPid.keys()) if (!serving.some((worker) => worker.pid === pid)) this.#byPid.delete(pid)
    for (const { worker: place, pid } of serving) {
      const answer = answers.find(({ worker }) => worker === place)
      if (answer !== undefined) this.#byPid.set(pid!, answer.value)
    }
    return [...this.#byPid.values()]
  }
}
