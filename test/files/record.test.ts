import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FileUnreadable } from '../../src/files/index.js'
import {
  FileMemo,
  glob,
  isFile,
  isFolder,
  isThere,
  obstacleTo,
  readText,
  recording,
  replaying,
} from '../../src/files/index.js'
import { Project } from '../support/project.js'

let project: Project
beforeEach(() => {
  project = new Project({ 'a.txt': 'one', 'deep/b.txt': 'two' })
})
afterEach(() => project.remove())

const at = (name: string): string => join(project.path, name)

/** All that there is to look at, as one value. */
function look(): object {
  const read = (name: string): string => {
    try {
      return readText(at(name))
    } catch (error) {
      return (error as FileUnreadable).code
    }
  }
  return {
    texts: ['a.txt', 'deep/b.txt', 'none', 'deep'].map(read),
    globbed: glob('**/*.txt', { cwd: project.path }),
    kinds: ['a.txt', 'deep', 'none'].map((name) => [isFile(at(name)), isFolder(at(name)), isThere(at(name))]),
    obstacles: ['a.txt', 'none'].map((name) => obstacleTo(at(name))?.code),
  }
}

describe('what a load found on disk', () => {
  test('is found again by another load, whatever became of the files, in another process too', () => {
    const steps = recording()
    const found = steps.run(look)
    const sent = structuredClone(steps.record)
    project.write('a.txt', 'changed')
    project.write('new.txt', 'new')
    rmSync(at('deep'), { recursive: true })
    expect(replaying(sent).run(look)).toEqual(found)
    expect(look()).not.toEqual(found)
  })

  test('is seen the same by all its steps', () => {
    const steps = recording()
    expect(steps.run(() => readText(at('a.txt')))).toBe('one')
    project.write('a.txt', 'changed')
    expect(steps.run(() => readText(at('a.txt')))).toBe('one')
    expect(readText(at('a.txt'))).toBe('changed')
  })

  test('a step that throws leaves the disk to whoever comes after', () => {
    const { record } = recording()
    project.write('later.txt', 'later')
    expect(() =>
      replaying(record).run(() => {
        throw new Error('broken')
      }),
    ).toThrow('broken')
    expect(readText(at('later.txt'))).toBe('later')
  })

  test('what the record does not have is read from disk', () => {
    const { record } = recording()
    expect(replaying(record).run(() => readText(at('a.txt')))).toBe('one')
  })
})

describe('what was made of files', () => {
  const make = (memo: FileMemo<object>, key = ''): object =>
    memo.get(
      key,
      () => ({
        text: readText(at('a.txt')),
        names: glob('*.txt', { cwd: project.path }),
        isOther: isThere(at('other')),
      }),
      () => true,
    )

  test.each([
    { change: 'a file', by: () => project.write('a.txt', 'else'), isSame: false },
    { change: 'nothing', by: () => undefined, isSame: true },
    { change: 'a file written as it was', by: () => project.write('a.txt', 'one'), isSame: true },
    { change: 'a file that a glob was waiting for', by: () => project.write('c.txt', ''), isSame: false },
    { change: 'a file that was looked for', by: () => project.write('other', ''), isSame: false },
    { change: 'a file of no interest', by: () => project.write('deep/c.md', ''), isSame: true },
    { change: 'a file that is gone', by: () => rmSync(at('a.txt')), isSame: false },
  ])('after a change of $change: kept is $isSame', ({ by, isSame }) => {
    const memo = new FileMemo<object>()
    const first = make(memo)
    by()
    let next: unknown
    try {
      next = make(memo)
    } catch (error) {
      next = error
    }
    expect(next === first).toBe(isSame)
  })

  test('with another key it is made anew, and what is not to be kept always is', () => {
    const memo = new FileMemo<object>()
    const first = make(memo, 'a')
    expect(make(memo, 'b')).not.toBe(first)
    const never = (): object =>
      memo.get(
        'c',
        () => ({}),
        () => false,
      )
    expect(never()).not.toBe(never())
  })

  test('over a record it is kept likewise, and its reads are recorded', () => {
    const memo = new FileMemo<object>()
    const steps = recording()
    const first = steps.run(() => make(memo))
    expect([...steps.record.reads.keys()]).toEqual([at('a.txt')])
    const again = recording()
    expect(again.run(() => make(memo))).toBe(first)
    expect([...again.record.reads.keys()]).toEqual([at('a.txt')])
  })
})
