import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { FloodGuard } from '../../../src/upstream/transports/http2/flood-guard.js'
import { Liveness, type Living } from '../../../src/upstream/transports/http2/liveness.js'

class Peer implements Living {
  framesRead = 0
  lastReadMs = Date.now()
  openStreams = 1
  pings = 0
  probes = 0
  dead: string | undefined
  sendPing(): void {
    this.pings += 1
  }
  sendProbe(): void {
    this.probes += 1
  }
  onDead(reason: string): void {
    this.dead = reason
  }
  reads(): void {
    this.framesRead += 1
    this.lastReadMs = Date.now()
  }
}

describe('liveness', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => void jest.useRealTimers())

  test('a call that expired in silence: a probe, and 20 s later the end', () => {
    const peer = new Peer()
    const liveness = new Liveness(peer, undefined)
    liveness.onExpired(0)
    liveness.onExpired(0)
    expect(peer.probes).toBe(1)
    jest.advanceTimersByTime(19_999)
    expect(peer.dead).toBeUndefined()
    jest.advanceTimersByTime(1)
    expect(peer.dead).toMatch(/acknowledges nothing/)
  })

  test('a probe that is answered is forgotten; the next silence is probed again', () => {
    const peer = new Peer()
    const liveness = new Liveness(peer, undefined)
    liveness.onExpired(0)
    peer.reads()
    jest.advanceTimersByTime(30_000)
    expect(peer.dead).toBeUndefined()
    liveness.onExpired(1)
    expect(peer.probes).toBe(2)
  })

  test('a call that expired though frames came is no reason to probe', () => {
    const peer = new Peer()
    peer.framesRead = 5
    new Liveness(peer, undefined).onExpired(4)
    expect(peer.probes).toBe(0)
  })

  const keepalive = { timeMs: 10_000, timeoutMs: 5000 }

  test('keepalive: PING after the time without a byte, counted from the last one read; the end without an answer', () => {
    const peer = new Peer()
    const liveness = new Liveness(peer, keepalive)
    liveness.start()
    jest.advanceTimersByTime(6000)
    peer.reads()
    jest.advanceTimersByTime(9999)
    expect(peer.pings).toBe(0)
    jest.advanceTimersByTime(1)
    expect(peer.pings).toBe(1)
    jest.advanceTimersByTime(5000)
    expect(peer.dead).toMatch(/no answer to a PING/)
  })

  test('keepalive: answered PINGs go on at the time’s pace', () => {
    const peer = new Peer()
    new Liveness(peer, keepalive).start()
    for (let round = 1; round <= 5; round++) {
      jest.advanceTimersByTime(10_000)
      expect(peer.pings).toBe(round)
      peer.reads()
    }
    expect(peer.dead).toBeUndefined()
  })

  test('keepalive: none without calls, and before the HEADERS of a call after silence', () => {
    const peer = new Peer()
    peer.openStreams = 0
    const liveness = new Liveness(peer, keepalive)
    liveness.start()
    jest.advanceTimersByTime(60_000)
    expect(peer.pings).toBe(0)
    liveness.beforeStream(Date.now())
    liveness.beforeStream(Date.now())
    expect(peer.pings).toBe(1)
  })

  test('stopped, nothing happens any more', () => {
    const peer = new Peer()
    const liveness = new Liveness(peer, keepalive)
    liveness.start()
    liveness.onExpired(0)
    liveness.stop()
    jest.advanceTimersByTime(100_000)
    expect([peer.pings, peer.dead]).toEqual([0, undefined])
  })
})

describe('the guard against floods', () => {
  test('a slow trickle for days never runs out; what calls earn is bounded', () => {
    let now = 0
    const guard = new FloodGuard(() => now)
    for (let frame = 0; frame < 100_000; frame++) {
      now += 1000
      guard.spend()
    }
    guard.earn(1e9)
    let spent = 0
    expect(() => {
      for (; spent < 10_000; spent++) guard.spend()
    }).toThrow(/flood/)
    expect(spent).toBeGreaterThanOrEqual(2000)
    expect(spent).toBeLessThan(4100)
  })
})
