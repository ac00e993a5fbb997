import { describe, expect, test } from '@jest/globals'
import { lasting, statusPage, type StatusPage } from '../../src/admin/pages/status-page.js'

const PAGE: StatusPage = {
  status: {
    ...{ version: '1.2.3', generation: 4, uptimeSeconds: 90_061, ageSeconds: 61, routes: 2, methods: 1 },
    ...{ unmappedMethods: 0, unservedMethods: 0, isReady: true, isDraining: false, lastErrors: [] },
  },
  readiness: { isReady: true, checks: [] },
  ...{ upstreams: [], limits: [], recentErrors: [], routes: [] },
}

describe('the status page', () => {
  test.each([
    { name: 'ready', page: PAGE, shows: '<span class="badge good">ready</span>' },
    {
      name: 'not ready, and why',
      page: {
        ...PAGE,
        readiness: { isReady: false, checks: [{ name: 'upstream <a>', isOk: false, detail: 'no endpoint & none' }] },
      },
      shows: '<td>upstream &lt;a&gt;</td>',
    },
    {
      name: 'draining',
      page: { ...PAGE, status: { ...PAGE.status, isDraining: true } },
      shows: '<span class="badge fair">draining</span>',
    },
    {
      name: 'a reload that was refused',
      page: { ...PAGE, status: { ...PAGE.status, lastErrors: ['a.yaml:1:2: wrong', 'a.yaml:3:4: "more"'] } },
      shows: '<pre tabindex="0">a.yaml:1:2: wrong\na.yaml:3:4: &quot;more&quot;</pre>',
    },
    {
      name: 'workers',
      page: {
        ...PAGE,
        status: {
          ...PAGE.status,
          workers: [{ worker: 1, pid: null, state: 'waiting', restarts: 3, lastExit: 'signal SIGKILL' }],
        },
      },
      shows: '<td>signal SIGKILL</td>',
    },
  ])('$name', ({ page, shows }) => {
    expect(statusPage(page).text).toContain(shows)
  })

  test('one process has no workers to show', () => {
    expect(statusPage(PAGE).text).toContain('<section id="workers" hidden></section>')
  })
})

describe('how long something has lasted', () => {
  test.each([
    { seconds: 0, text: '0 s' },
    { seconds: 59.9, text: '59 s' },
    { seconds: 61, text: '1 min 1 s' },
    { seconds: 3600, text: '1 h' },
    { seconds: 90_061, text: '1 d 1 h' },
    { seconds: 86_461, text: '1 d' },
    { seconds: -1, text: '0 s' },
  ])('$seconds s: $text', ({ seconds, text }) => {
    expect(lasting(seconds)).toBe(text)
  })
})
