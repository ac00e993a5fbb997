import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { interpolate } from '../../src/config/interpolate.js'

const ENV = { HOST: 'db', PORT: '8080', EMPTY: '', NESTED: '${HOST} $$', _x1: 'under' }
const HOW = 'write ${NAME} or ${NAME:-default}, and $$ for a dollar'

describe('interpolation', () => {
  test.each([
    { text: 'plain', becomes: 'plain', isInterpolated: false },
    { text: '${HOST}', becomes: 'db', isInterpolated: true },
    { text: 'dns:///${HOST}:${PORT}', becomes: 'dns:///db:8080', isInterpolated: true },
    { text: '${_x1}', becomes: 'under', isInterpolated: true },
    { text: '${GONE:-here}', becomes: 'here', isInterpolated: true },
    { text: '${HOST:-here}', becomes: 'db', isInterpolated: true },
    { text: '${GONE:-}', becomes: '', isInterpolated: true },
    { text: '${EMPTY}', becomes: '', isInterpolated: true },
    { text: '${EMPTY:-default stands in for empty}', becomes: 'default stands in for empty', isInterpolated: true },
    { text: '${GONE:-a:-b $ $$}', becomes: 'a:-b $ $', isInterpolated: true },
    { text: '$$', becomes: '$', isInterpolated: false },
    { text: '$${HOST}', becomes: '${HOST}', isInterpolated: false },
    { text: '$$$${HOST}', becomes: '$${HOST}', isInterpolated: false },
    { text: '$$${HOST}', becomes: '$db', isInterpolated: true },
    { text: 'a$', becomes: 'a$', isInterpolated: false },
    { text: '$HOST costs 5$', becomes: '$HOST costs 5$', isInterpolated: false },
    { text: '${HOST}}', becomes: 'db}', isInterpolated: true },
    { text: '${NESTED}', becomes: '${HOST} $$', isInterpolated: true },
  ])('$text becomes $becomes', ({ text, becomes, isInterpolated }) => {
    expect(interpolate(text, ENV)).toEqual({ text: becomes, isInterpolated })
  })

  test.each([
    { text: '${GONE}', wrong: 'the environment variable GONE is not set', advice: 'set it, or write ${GONE:-default}' },
    {
      text: '${toString}',
      wrong: 'the environment variable toString is not set',
      advice: 'set it, or write ${toString:-default}',
    },
    { text: 'x${HOST', wrong: '"${" is never closed', advice: HOW },
    { text: '${}', wrong: '"${}" is not a reference to a variable', advice: HOW },
    { text: '${1A}', wrong: '"${1A}" is not a reference to a variable', advice: HOW },
    { text: '${ HOST }', wrong: '"${ HOST }" is not a reference to a variable', advice: HOW },
    { text: '${HOST-x}', wrong: '"${HOST-x}" is not a reference to a variable', advice: HOW },
    { text: '${HOST:?x}', wrong: '"${HOST:?x}" is not a reference to a variable', advice: HOW },
    {
      text: '${GONE:-${HOST}}',
      wrong: 'the default of "${GONE" holds another reference',
      advice: 'references do not nest; give the default outright',
    },
  ])('$text is refused: $wrong', ({ text, wrong, advice }) => {
    expect(interpolate(text, ENV)).toEqual({ wrong, advice })
  })

  test('any text with its dollars doubled comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-', '\n', 'é') }), (text) => {
        expect(interpolate(text.replaceAll('$', '$$$$'), ENV)).toEqual({ text, isInterpolated: false })
      }),
    )
  })

  test('what a variable holds is never read again', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        expect(interpolate('<${V}>', { V: value, HOST: 'no' })).toEqual({ text: `<${value}>`, isInterpolated: true })
      }),
    )
  })
})
