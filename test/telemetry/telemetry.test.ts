import { beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import type { TelemetryConfig } from '../../src/config/index.js'
import { Telemetry, type TelemetryKind } from '../../src/telemetry/index.js'

const NONE: TelemetryConfig = {
  traces: 'none',
  trustInbound: true,
  credentialParameters: [],
  metrics: 'none',
  accessLog: undefined,
}

describe('telemetry through reloads', () => {
  let log: string[]
  let telemetry: Telemetry
  const kind: TelemetryKind = {
    name: 'traces',
    settingsOf: ({ traces, trustInbound }) => (traces === 'none' ? undefined : { trustInbound }),
    open: ({ trustInbound }) => {
      log.push(`open ${trustInbound}`)
      return {
        observer: { onEnd: () => void log.push(`end ${trustInbound}`) },
        close: () => {
          log.push(`close ${trustInbound}`)
          return Promise.resolve()
        },
      }
    },
  }

  beforeEach(() => {
    log = []
    const logger = pino({ level: 'silent' })
    telemetry = new Telemetry({ env: {}, logger, version: '1', current: () => undefined }, [kind])
  })

  test('where nothing is on, nobody observes', () => {
    expect(telemetry.observerFor(NONE)).toBeUndefined()
    expect(log).toEqual([])
  })

  test('what did not change stays open', () => {
    telemetry.observerFor({ ...NONE, traces: 'otlp' })
    telemetry.keep()
    telemetry.observerFor({ ...NONE, traces: 'otlp', metrics: 'otlp' })
    telemetry.keep()
    expect(log).toEqual(['open true'])
  })

  test('what changed is opened anew, and the old closed once the new serves', () => {
    telemetry.observerFor({ ...NONE, traces: 'otlp' })
    telemetry.keep()
    telemetry.observerFor({ ...NONE, traces: 'otlp', trustInbound: false })
    expect(log).toEqual(['open true', 'open false'])
    telemetry.keep()
    expect(log).toEqual(['open true', 'open false', 'close true'])
  })

  test('a configuration that is refused leaves nothing open, and the old as it was', async () => {
    telemetry.observerFor({ ...NONE, traces: 'otlp' })
    telemetry.keep()
    telemetry.observerFor({ ...NONE, traces: 'otlp', trustInbound: false })
    telemetry.drop()
    expect(log).toEqual(['open true', 'open false', 'close false'])
    await telemetry.close()
    expect(log.at(-1)).toBe('close true')
  })
})
