import { MAX_DEPTH, WireError, type WireReader } from './reader.js'
import { WireType } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { EndGroup, StartGroup } = WireType

/**
 * Where the groups of some bytes end. A group has no length, so only reading all that is in it tells; whoever looks at
 * groups in groups level by level asks here, and reads each once: else a hundred levels would cost a hundred readings.
 */
export class GroupEnds {
  /** By where a group's content begins: where its end tag does; 0: not known. Made for the first group. */
  #ends: Uint32Array | undefined = undefined

  /** Forgets all, before other bytes. */
  clear(): void {
    this.#ends = undefined
  }

  /**
   * Skips a group whose start tag was read.
   *
   * @param depth levels of groups and messages, this one among them
   * @returns where its content ends and its end tag begins
   * @throws WireError
   */
  skip(number: number, reader: WireReader, depth: number): number {
    if (depth > MAX_DEPTH) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`)
    this.#ends ??= new Uint32Array(reader.bytes.length)
    const start = reader.position
    const known = this.#ends[start]!
    if (known !== 0) {
      reader.position = known
      reader.tag()
      return known
    }
    while (!reader.isAtEnd) {
      const at = reader.position
      const tag = reader.tag()
      if ((tag & 7) === EndGroup) {
        if (tag >>> 3 !== number) throw new WireError('a group ends with the tag of another')
        this.#ends[start] = at
        return at
      }
      if ((tag & 7) === StartGroup) this.skip(tag >>> 3, reader, depth + 1)
      else reader.skip(tag, depth)
    }
    throw new WireError('a group without its end tag')
  }
}
