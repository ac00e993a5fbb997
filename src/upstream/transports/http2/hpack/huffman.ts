import { HUFFMAN_LENGTHS } from './huffman-lengths.js'

/** What four bits do in a state: the next state, the octet they complete, if any; or they are no code. */
const NEXT_MASK = 0xff
const OCTET_SHIFT = 8
const EMITS = 1 << 16
const FAILS = 1 << 17

const EOS = 256
const STATES = 256

/** By state × 16 + four bits. A state is an inner node of the code's tree; 257 leaves have 256 of them. */
const transitions = new Uint32Array(STATES * 16)
/** 1 where the input may end in a state: after at most 7 bits, all ones, of a code not ended (RFC 7541 §5.2). */
const accepts = new Uint8Array(STATES)
buildTables()

function buildTables(): void {
  // Children by node × 2 + bit: positive an inner node, negative −1 − symbol; 0 not set (the root is nobody's child).
  const children = new Int16Array(STATES * 2)
  let nodes = 1
  const symbols = HUFFMAN_LENGTHS.map((_, symbol) => symbol)
  symbols.sort((a, b) => HUFFMAN_LENGTHS[a]! - HUFFMAN_LENGTHS[b]! || a - b)
  let code = 0
  let length = 0
  for (const symbol of symbols) {
    code <<= HUFFMAN_LENGTHS[symbol]! - length
    length = HUFFMAN_LENGTHS[symbol]!
    let node = 0
    for (let bit = length - 1; bit > 0; bit--) {
      const edge = node * 2 + ((code >>> bit) & 1)
      if (children[edge] === 0) children[edge] = nodes++
      node = children[edge]!
    }
    children[node * 2 + (code & 1)] = -1 - symbol
    code += 1
  }
  for (let state = 0; state < STATES; state++) {
    for (let bits = 0; bits < 16; bits++) transitions[state * 16 + bits] = transition(children, state, bits)
  }
  for (let node = 0, depth = 0; depth <= 7; depth++) {
    accepts[node] = 1
    node = children[node * 2 + 1]!
  }
}

function transition(children: Int16Array, state: number, bits: number): number {
  let node = state
  let emitted = 0
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[node * 2 + ((bits >>> bit) & 1)]!
    if (child >= 0) {
      node = child
      continue
    }
    const symbol = -1 - child
    if (symbol === EOS) return FAILS
    // The shortest code has 5 bits: four bits never complete two.
    emitted = EMITS | (symbol << OCTET_SHIFT)
    node = 0
  }
  return node | emitted
}

/** What a string of so many octets decodes to at most. */
export function maxDecodedLength(length: number): number {
  return Math.floor((length * 8) / 5)
}

/**
 * Decodes a Huffman-coded string (RFC 7541 §5.2).
 * @param out has room for {@link maxDecodedLength} octets
 * @returns the number of octets written; -1 where the input holds EOS or ends in anything but short padding of ones
 */
export function decodeHuffman(bytes: Buffer, from: number, to: number, out: Buffer): number {
  let state = 0
  let length = 0
  for (let at = from; at < to; at++) {
    const octet = bytes[at]!
    let step = transitions[(state << 4) | (octet >>> 4)]!
    if ((step & EMITS) !== 0) out[length++] = step >>> OCTET_SHIFT
    if ((step & FAILS) !== 0) return -1
    step = transitions[((step & NEXT_MASK) << 4) | (octet & 15)]!
    if ((step & EMITS) !== 0) out[length++] = step >>> OCTET_SHIFT
    if ((step & FAILS) !== 0) return -1
    state = step & NEXT_MASK
  }
  return accepts[state] === 1 ? length : -1
}
