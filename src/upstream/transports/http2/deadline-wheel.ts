/** Something with a deadline, itself a link of the wheel's lists: setting one costs no allocation. */
export interface WheelEntry {
  readonly deadlineMs: number
  /** Neighbours in its slot, and the slot; -1: in none. */
  wheelNext: WheelEntry | undefined
  wheelPrevious: WheelEntry | undefined
  wheelSlot: number
  onDeadline(): void
}

/** What the wheel needs of the world. */
export interface WheelClock {
  /** Milliseconds, as Date.now(). */
  now(): number
  /** Runs `run` once, later; the timer does not keep the process alive. */
  setTimer(delayMs: number, run: () => void): { cancel(): void }
}

const TICK_MS = 16
/** A turn of the wheel is 16.4 s, so an entry of the default time-out (15 s) is looked at once. */
const SLOTS = 1024

/**
 * Deadlines of all calls on one timer: a wheel of slots of 16 ms. An entry is told of its deadline never before it, and
 * within a slot's length after it. The timer is set for the next slot that has an entry, so what ends in time costs a
 * link and an unlink.
 */
export class DeadlineWheel {
  private readonly slots: (WheelEntry | undefined)[] = new Array<WheelEntry | undefined>(SLOTS).fill(undefined)
  private readonly clock: WheelClock
  private size = 0
  /** The tick up to which slots have been looked at. */
  private tick = 0
  private timer: { cancel(): void } | undefined
  private timerTick = 0

  constructor(clock: WheelClock) {
    this.clock = clock
  }

  /** @param entry one with a finite deadline, that is in no slot */
  add(entry: WheelEntry): void {
    const now = Math.floor(this.clock.now() / TICK_MS)
    // Nothing to look at behind; and a clock set back must not make new entries wait for the old time.
    if (this.size === 0 || now < this.tick) this.tick = now
    const due = Math.max(Math.ceil(entry.deadlineMs / TICK_MS), this.tick + 1)
    const slot = due % SLOTS
    const next = this.slots[slot]
    entry.wheelSlot = slot
    entry.wheelNext = next
    entry.wheelPrevious = undefined
    if (next !== undefined) next.wheelPrevious = entry
    this.slots[slot] = entry
    this.size += 1
    // What is more than a turn away is looked at in each turn, and stays.
    const look = Math.min(due, this.tick + SLOTS)
    if (this.timer === undefined || look < this.timerTick) this.arm(look)
  }

  /** Takes an entry out, if it is in. */
  remove(entry: WheelEntry): void {
    const slot = entry.wheelSlot
    if (slot === -1) return
    const { wheelNext: next, wheelPrevious: previous } = entry
    if (previous === undefined) this.slots[slot] = next
    else previous.wheelNext = next
    if (next !== undefined) next.wheelPrevious = previous
    entry.wheelSlot = -1
    entry.wheelNext = undefined
    entry.wheelPrevious = undefined
    this.size -= 1
  }

  private arm(tick: number): void {
    this.timer?.cancel()
    this.timerTick = tick
    this.timer = this.clock.setTimer(Math.max(1, tick * TICK_MS - this.clock.now()), () => this.turn())
  }

  private turn(): void {
    this.timer = undefined
    const now = this.clock.now()
    const until = Math.floor(now / TICK_MS)
    // A clock set forward by more than a turn makes one look at every slot.
    const from = Math.max(this.tick, until - SLOTS)
    const due: WheelEntry[] = []
    for (let tick = from + 1; tick <= until; tick++) {
      for (let entry = this.slots[tick % SLOTS]; entry !== undefined; entry = entry.wheelNext) {
        if (entry.deadlineMs <= now) due.push(entry)
      }
    }
    this.tick = until
    for (const entry of due) {
      // One that ended while others were told of theirs has left its slot.
      if (entry.wheelSlot === -1) continue
      this.remove(entry)
      entry.onDeadline()
    }
    if (this.size > 0 && this.timer === undefined) this.arm(this.nextTick())
  }

  private nextTick(): number {
    for (let ahead = 1; ahead < SLOTS; ahead++) {
      if (this.slots[(this.tick + ahead) % SLOTS] !== undefined) return this.tick + ahead
    }
    return this.tick + SLOTS
  }
}
