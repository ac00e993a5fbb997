import { describe, expect, test } from '@jest/globals'
import { Channel, ChannelEnded, type Line } from '../../src/workers/channel.js'

/** Two ends of a line within this process; what goes over it is cloned, as between processes. */
function pair(): { readonly one: Channel; readonly other: Channel; end(): void; readonly sent: unknown[] } {
  const listeners: ((message: unknown) => void)[] = []
  const enders: (() => void)[] = []
  const sent: unknown[] = []
  let hasEnded = false
  const line = (own: number): Line => ({
    send: (message, onSent) => {
      if (hasEnded) return onSent(new Error('gone'))
      sent.push(message)
      const copy = structuredClone(message)
      setImmediate(() => listeners[1 - own]!(copy))
      onSent(null)
    },
    onMessage: (listener) => (listeners[own] = listener),
    onEnd: (listener) => enders.push(listener),
  })
  const end = (): void => {
    hasEnded = true
    for (const ender of enders) ender()
  }
  return { one: new Channel(line(0)), other: new Channel(line(1)), end, sent }
}

describe('questions between processes', () => {
  test('are answered with what the other end gives, later too, either way', async () => {
    const { one, other } = pair()
    other.answer('double', (n) => (n as number) * 2)
    other.answer('later', async (bytes) => Promise.resolve(Buffer.from(bytes as Uint8Array).toString()))
    one.answer('who', () => 'one')
    expect(await Promise.all([one.ask('double', 4), one.ask('later', Buffer.from('b')), other.ask('who')])).toEqual([
      8,
      'b',
      'one',
    ])
  })

  test('an answer that fails rejects with its message', async () => {
    const { one, other } = pair()
    other.answer('bad', () => {
      throw new Error('no such thing')
    })
    await expect(one.ask('bad')).rejects.toThrow('no such thing')
    await expect(one.ask('unknown')).rejects.toThrow('nobody answers to unknown')
  })

  test('an answer that takes too long rejects, and does no harm when it comes', async () => {
    const { one, other } = pair()
    let give: ((value: string) => void) | undefined
    other.answer('slow', () => new Promise((resolve) => (give = resolve)))
    other.answer('quick', () => 'quick')
    await expect(one.ask('slow', undefined, 10)).rejects.toThrow('no answer to slow within 10 ms')
    give!('late')
    expect(await one.ask('quick')).toBe('quick')
  })

  test('what was asked of a process that ends rejects, and so does what is asked of it after', async () => {
    const { one, end } = pair()
    const pending = one.ask('anything')
    end()
    await expect(pending).rejects.toThrow(ChannelEnded)
    await expect(one.ask('anything')).rejects.toThrow(ChannelEnded)
  })

  test("other people's messages are none of ours", async () => {
    const { one, other, sent } = pair()
    other.answer('who', () => 'other')
    expect(await one.ask('who')).toBe('other')
    for (const message of sent) expect(message).toHaveProperty('protobridge')
  })
})
