import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StreamTable } from '../../../src/upstream/transports/http2/stream-table.js'

test('whatever is opened and ended, it holds what a Map holds', () => {
  // Ids ascend as a client's do; what is ended is any of the open ones, or one that is not there.
  const steps = fc.array(fc.record({ opens: fc.boolean(), which: fc.nat(), skips: fc.nat(70) }), { maxLength: 400 })
  fc.assert(
    fc.property(steps, (list) => {
      const table = new StreamTable<{ id: number }>()
      const map = new Map<number, { id: number }>()
      let nextId = 1
      for (const { opens, which, skips } of list) {
        if (opens) {
          const stream = { id: nextId }
          nextId += 2 + 2 * (skips > 60 ? skips : 0)
          table.add(stream)
          map.set(stream.id, stream)
        } else {
          const id = [...map.keys()][which % (map.size + 1)] ?? nextId
          expect(table.delete(id)).toBe(map.delete(id))
        }
        expect(table.size).toBe(map.size)
      }
      expect(table.values().sort((a, b) => a.id - b.id)).toEqual([...map.values()])
      for (let id = 1; id < nextId + 4; id += 2) expect(table.get(id)).toBe(map.get(id))
      table.clear()
      expect([table.size, table.values()]).toEqual([0, []])
    }),
  )
})
