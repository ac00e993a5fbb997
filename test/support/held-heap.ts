import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of heap that are held: what is garbage already does not count. */
export function heldHeap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
