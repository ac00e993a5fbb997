import type { HeldUpstreams } from './shared-upstreams.js'
import type { Snapshot } from './types.js'

type SnapshotParts = Omit<Snapshot, 'upstreams' | 'enter' | 'leave' | 'retire'> & { readonly upstreams: HeldUpstreams }

/** Puts the parts together, with the count that says when what the snapshot holds can be let go of. */
export function snapshotOf(parts: SnapshotParts): Snapshot {
  let inFlight = 0
  let onEmpty: (() => void) | undefined
  return Object.freeze({
    ...parts,
    upstreams: [...parts.upstreams.byName.values()],
    enter(): void {
      inFlight++
    },
    leave(): void {
      inFlight--
      if (inFlight === 0) onEmpty?.()
    },
    retire(): Promise<void> {
      return new Promise((resolve) => {
        onEmpty = () => {
          parts.upstreams.release()
          resolve()
        }
        if (inFlight === 0) onEmpty()
      })
    },
  })
}
