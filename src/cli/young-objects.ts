import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8 from putting what a request allocates among the old objects. Where most of what one place in the code allocates was alive at
 * a collection or two (as in the moment after an idle spell), V8 allocates there in the old generation from then on. A request's objects
 * are dead a moment later, but old ones keep alive whatever young ones they refer to until the old generation is collected: such a
 * process spends up to half as much again for each request, and does not find back (docs/decisions/http2-transport.md).
 *
 * For a process that is all ours: the flag is the whole process's.
 */
export function keepObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
