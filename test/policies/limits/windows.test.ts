import { expect, test } from '@jest/globals'
import { Windows } from '../../../src/policies/limits/windows.js'

test('each key has its own window, from its first request', () => {
  const windows = new Windows(10, 100)
  expect(windows.add('a', 1, 0)).toEqual({ count: 1, endMs: 10_000 })
  expect(windows.add('b', 2, 4000)).toEqual({ count: 2, endMs: 14_000 })
  expect(windows.add('a', 3, 9999)).toEqual({ count: 4, endMs: 10_000 })
  expect(windows.add('a', 1, 10_000)).toEqual({ count: 1, endMs: 20_000 })
  expect([windows.countOf('a', 10_000), windows.countOf('b', 13_999), windows.countOf('b', 14_000)]).toEqual([1, 2, 0])
  expect(windows.countOf('c', 0)).toBe(0)
})

test('what has ended is swept out as others come', () => {
  const windows = new Windows(1, 1000)
  for (let i = 0; i < 100; i++) windows.add(`old-${i}`, 1, 0)
  for (let i = 0; i < 60; i++) windows.add(`new-${i}`, 1, 2000)
  expect(windows.size).toBe(60)
})

test('of more keys than there is room for the one whose window ends first is forgotten', () => {
  const windows = new Windows(100, 3)
  windows.add('a', 1, 0)
  windows.add('b', 1, 1)
  windows.add('c', 1, 2)
  // Its window is the same: it does not become younger by being asked for.
  windows.add('a', 1, 3)
  windows.add('d', 1, 4)
  expect(['a', 'b', 'c', 'd'].map((key) => windows.countOf(key, 5))).toEqual([0, 1, 1, 1])
  expect(windows.size).toBe(3)
})

test('a window that begins anew is the youngest', () => {
  const windows = new Windows(1, 3)
  windows.add('a', 1, 0)
  windows.add('b', 1, 900)
  windows.add('a', 1, 1000)
  windows.add('c', 1, 1001)
  windows.add('d', 1, 1002)
  expect(['a', 'b', 'c', 'd'].map((key) => windows.countOf(key, 1003))).toEqual([1, 0, 1, 1])
})
