import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8 from putting what a request allocates among the old objects. Where most of what one place in the code allocates was alive at
 * a collection or two, V8 allocates there in the old generation from then on. Without this, one process in four spent up to 60 % more CPU
 * for each request once it had been idle for a second or two, in the collection of garbage, and did not find back; with it none did
 * (docs/decisions/http2-transport.md, which tells what is seen from what is inferred).
 *
 * For a process that is all ours: the flag is the whole process's.
 */
export function keepObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
