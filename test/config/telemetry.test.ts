import { afterAll, describe, expect, test } from '@jest/globals'
import { readJsonSchema } from '../../src/config/json-schema.js'
import { LOG_FIELDS } from '../../src/telemetry/access-log/json-lines.js'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

const load = (telemetry: string) => folder.load(`telemetry: ${telemetry}\n${MINIMAL}`)

describe('telemetry', () => {
  test.each([
    { written: '{}', log: { format: 'json', file: undefined, fields: undefined } },
    { written: '{ accessLog: combined }', log: { format: 'combined', file: undefined, fields: undefined } },
    { written: '{ accessLog: none }', log: undefined },
    { written: '{ accessLog: { format: none, file: a.log } }', log: undefined },
    {
      written: '{ accessLog: { file: a.log, fields: [path, time] } }',
      log: { format: 'json', file: `${folder.path}/a.log`, fields: ['path', 'time'] },
    },
  ])('accessLog: $written', ({ written, log }) => {
    const { config, errors } = load(written)
    expect(errors).toEqual([])
    expect(config?.telemetry.accessLog).toEqual(log)
  })

  test.each([
    { written: '{ accessLog: jsn }', error: /^gw\.yaml:1:25: "jsn" is not json, combined, none or a mapping/ },
    { written: '{ accessLog: { fields: [pth] } }', error: /fields\[0\]\): .*path/ },
    { written: '{ accessLog: { fields: [] } }', error: /fields/ },
    {
      written: '{ accessLog: { fields: [path, path] } }',
      error: /"path" is there twice \(telemetry\.accessLog\.fields\[1\]\)/,
    },
    { written: '{ accessLog: { format: combined, fields: [path] } }', error: /only JSON has fields/ },
    {
      written: '{ accessLog: { file: none/a.log } }',
      error: /"none\/a\.log" cannot be written: its folder: it does not exist/,
    },
    {
      written: '{ accessLog: { file: protos } }',
      error:
        /^gw\.yaml:1:33: "protos" cannot be written: it is a folder \(telemetry\.accessLog\.file\): name a file in it$/,
    },
    { written: '{ metrics: statsd }', error: /"statsd" is not one of prometheus, otlp, none \(telemetry\.metrics\)/ },
  ])('is refused: $written', ({ written, error }) => {
    const { errors } = load(written)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(error)
  })

  test('every field of the access log can be picked, and nothing else', () => {
    const { fields } = readJsonSchema().properties!['telemetry']!.properties!['accessLog']!.properties!
    expect((fields!.items as { readonly enum?: readonly string[] }).enum).toEqual(LOG_FIELDS.map(({ name }) => name))
  })
})
