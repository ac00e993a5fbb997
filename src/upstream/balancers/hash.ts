/**
 * A 32-bit hash of a text, the same in every process: FNV-1a over its UTF-16 units, mixed at the end so that texts which
 * differ in their last character are far apart.
 */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

/** Spreads 32 bits over all 32: MurmurHash3's finaliser, which maps no two numbers to one. */
export function mixed(bits: number): number {
  let hash = bits
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
