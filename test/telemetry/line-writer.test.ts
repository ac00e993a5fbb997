import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { putText } from '../../src/telemetry/access-log/line-parts.js'
import { LineWriter } from '../../src/telemetry/access-log/line-writer.js'
import { until } from '../support/calls.js'
import { hasFifos, makeFifo } from '../support/fifo.js'

/* Lines into files, without anybody waiting: what is gathered, dropped, told, and moved away meanwhile. */

let folder: string
let file: string
let told: { readonly msg: string; readonly lines?: number }[]
const logger = pino({ base: undefined }, { write: (line: string) => void told.push(JSON.parse(line) as never) })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'protobridge-log-'))
  file = join(folder, 'a.log')
  told = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const text = (path = file): string => (existsSync(path) ? readFileSync(path, 'latin1') : '')
const messages = (): string[] => told.map(({ msg }) => msg)

describe('lines of a log', () => {
  test('lines of any length are written whole, and in order', async () => {
    const writer = new LineWriter({ put: putText, file, logger })
    let expected = ''
    for (let i = 0; i < 3000; i++) {
      const line = `${i} ${'x'.repeat(i % 500 === 499 ? 300_000 : (i * 37) % 400)}\n`
      writer.write(line)
      expected += line
      // Some while a write is under way, some after it.
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, i % 300 === 0 ? 2 : 0))
    }
    await writer.close()
    expect(text() === expected).toBe(true)
    expect(messages()).toEqual([])
  })

  test('are written within a moment, and appended to what is there', async () => {
    const writer = new LineWriter({ put: putText, file, logger })
    writer.write('a\n')
    await until(() => text() === 'a\n', 'the line')
    await writer.close()
    const again = new LineWriter({ put: putText, file, logger })
    again.write('b\n')
    await again.close()
    expect(text()).toBe('a\nb\n')
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(told).toEqual([])
  })

  test('go on into a file of the same name where the old one was moved', async () => {
    const writer = new LineWriter({ put: putText, file, logger })
    writer.write('old\n')
    await until(() => text() === 'old\n', 'the line')
    renameSync(file, `${file}.1`)
    writer.reopen()
    await until(() => existsSync(file), 'the new file')
    writer.write('new\n')
    await writer.close()
    expect([text(`${file}.1`), text()]).toEqual(['old\n', 'new\n'])
  })

  test('that wait while the file is opened anew are written once', async () => {
    const writer = new LineWriter({ put: putText, file, logger })
    for (let i = 0; i < 1000; i++) {
      writer.write(`${i}\n`)
      if (i % 100 === 0) writer.reopen()
    }
    await writer.close()
    expect(text()).toBe(Array.from({ length: 1000 }, (_, i) => `${i}\n`).join(''))
  })

  test('keep the old file where the new one cannot be opened', async () => {
    const writer = new LineWriter({ put: putText, file: join(folder, 'a.log'), logger })
    writer.write('a\n')
    await until(() => text() === 'a\n', 'the line')
    renameSync(folder, `${folder}-moved`)
    writer.reopen()
    await until(() => told.length > 0, 'what is told')
    writer.write('b\n')
    await writer.close()
    renameSync(`${folder}-moved`, folder)
    expect(text()).toBe('a\nb\n')
    expect(messages()).toEqual(['the access log cannot be opened anew: the old file goes on being written'])
  })

  test('beyond the bound are dropped and counted; one warning, and one when it is over', async () => {
    const writer = new LineWriter({ put: putText, file, logger, maxWaitingBytes: 100 })
    for (let i = 0; i < 100; i++) writer.write('123456789\n')
    await until(() => told.length === 2, 'what is told')
    await writer.close()
    expect(text()).toBe('123456789\n'.repeat(10))
    expect(told).toMatchObject([
      { msg: 'the access log is not taken as fast as it is written: lines are dropped' },
      { msg: 'the access log is written again, without the lines that were lost', lines: 90 },
    ])
  })

  test('of late requests are written after the end', async () => {
    const writer = new LineWriter({ put: putText, file, logger })
    writer.write('a\n')
    await writer.close()
    writer.write('late\n')
    await until(() => text() === 'a\nlate\n', 'the late line')
  })

  test('to a folder that is not there cannot be begun', () => {
    expect(() => new LineWriter({ put: putText, file: join(folder, 'none', 'a.log'), logger })).toThrow('ENOENT')
  })

  const canMakeFifos = hasFifos()
  if (!canMakeFifos) test.skip('skipped: no mkfifo', () => undefined)
  ;(canMakeFifos ? test : test.skip)(
    'to a FIFO wait for nobody: neither for a reader, nor for one that is slow',
    async () => {
      const fifo = makeFifo(folder)
      expect(() => new LineWriter({ put: putText, file: fifo, logger })).toThrow('ENXIO')
      const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
      const writer = new LineWriter({ put: putText, file: fifo, logger })
      let expected = ''
      for (let i = 0; i < 500; i++) {
        const line = `${i} ${'x'.repeat(1000)}\n`
        writer.write(line)
        expected += line
      }
      let read = ''
      const bytes = Buffer.alloc(10_000)
      await until(() => {
        try {
          read += bytes.toString('latin1', 0, readSync(reader, bytes))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        }
        return read.length >= expected.length
      }, 'all lines')
      expect(read === expected).toBe(true)
      await writer.close()
      closeSync(reader)
      expect(told).toEqual([])
    },
  )

  const hasFull = existsSync('/dev/full')
  if (!hasFull) test.skip('skipped: no /dev/full', () => undefined)
  ;(hasFull ? test : test.skip)(
    'to a full disk: one warning, all of them counted, and nobody is kept waiting',
    async () => {
      const writer = new LineWriter({ put: putText, file: '/dev/full', logger })
      for (let round = 1; round <= 3; round++) {
        writer.write('a\nb\n')
        await until(() => told.length > 0, 'the warning')
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
      await writer.close()
      expect(told).toMatchObject([
        { msg: 'the access log cannot be written: lines are lost' },
        { msg: 'lines of the access log were lost', lines: 6 },
      ])
    },
  )
})
