import { expect, test } from '@jest/globals'
import { Turns } from '../../../src/policies/auth/turns.js'

/** Work that goes on until it is told to end. */
function jobs() {
  const ends: (() => void)[] = []
  const state = { running: 0, most: 0, begun: [] as number[] }
  const job = (number: number) => async (): Promise<number> => {
    state.begun.push(number)
    state.running++
    state.most = Math.max(state.most, state.running)
    await new Promise<void>((resolve) => ends.push(resolve))
    state.running--
    return number
  }
  return { state, ends, job }
}

// Between a turn that ends and the one that waited for it lie a few steps of promises: whoever comes at any of them waits too.
test.each([0, 1, 2, 3, 4, 5, 6])(
  'never more than so many at one time, also where one comes %d steps after another ended',
  async (steps) => {
    const { state, ends, job } = jobs()
    const turns = new Turns(2, 10)
    const taken = [turns.take(job(1)), turns.take(job(2)), turns.take(job(3))]
    expect(state.begun).toEqual([1, 2])
    ends[0]!()
    for (let step = 0; step < steps; step++) await Promise.resolve()
    taken.push(turns.take(job(4)))
    for (let at = 1; at < 4; at++) {
      while (ends[at] === undefined) await Promise.resolve()
      ends[at]!()
    }
    expect(await Promise.all(taken)).toEqual([1, 2, 3, 4])
    expect([state.most, state.begun]).toEqual([2, [1, 2, 3, 4]])
  },
)

test('a line that is full takes nobody', async () => {
  const { state, ends, job } = jobs()
  const turns = new Turns(1, 1)
  const taken = [turns.take(job(1)), turns.take(job(2))]
  expect(turns.take(job(3))).toBeUndefined()
  ends[0]!()
  await taken[0]
  while (ends[1] === undefined) await Promise.resolve()
  ends[1]()
  expect([await taken[1], state.begun]).toEqual([2, [1, 2]])
})

test('work that fails gives its turn on', async () => {
  const turns = new Turns(1, 1)
  const failing = turns.take(() => Promise.reject(new Error('wrong')))
  const next = turns.take(() => Promise.resolve('done'))
  await expect(failing).rejects.toThrow('wrong')
  expect(await next).toBe('done')
  expect(await turns.take(() => Promise.resolve('again'))).toBe('again')
})
