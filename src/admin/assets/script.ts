/**
 * What pages can do in a browser that runs scripts; without, they are whole all the same. Sections are replaced as they
 * change, but for one that the keyboard is in; filters stay.
 */
export const SCRIPT = `'use strict'
const EVERY_MS = 5000
const byId = (id) => document.getElementById(id)
const live = byId('live')
const said = byId('said')

function filterRows(input) {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean)
  const rows = [...input.closest('.filter').nextElementSibling.querySelectorAll('tbody tr')]
  let shown = 0
  for (const row of rows) {
    const text = row.textContent.toLowerCase()
    row.hidden = !words.every((word) => text.includes(word))
    if (!row.hidden) shown++
  }
  input.closest('.filter').querySelector('output').value = words.length === 0 ? '' : shown + ' of ' + rows.length
}

function prepare(root) {
  for (const filter of root.querySelectorAll('.filter')) {
    filter.hidden = false
    const input = filter.querySelector('input')
    input.addEventListener('input', () => filterRows(input))
  }
}

function keepFilters(from, to) {
  const before = [...from.querySelectorAll('[data-filter]')]
  for (const [index, input] of [...to.querySelectorAll('[data-filter]')].entries()) {
    if (before[index] === undefined || before[index].value === '') continue
    input.value = before[index].value
    filterRows(input)
  }
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
  if (!answer.ok && answer.status !== 503) throw new Error('it answered ' + answer.status)
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const section of document.querySelectorAll('main section[id]')) {
    const replacement = next.getElementById(section.id)
    if (replacement === null || section.contains(document.activeElement)) continue
    const scrolled = section.querySelector('.scroll')?.scrollLeft ?? 0
    prepare(replacement)
    keepFilters(section, replacement)
    if (replacement.isEqualNode(section)) continue
    section.replaceWith(replacement)
    const scroll = replacement.querySelector('.scroll')
    if (scroll !== null) scroll.scrollLeft = scrolled
  }
}

async function tick() {
  if (document.visibilityState !== 'visible' || live.getAttribute('aria-pressed') !== 'true') return
  try {
    await refresh()
    document.documentElement.dataset.refreshed = String(Date.now())
    if (said.dataset.of === 'refresh') said.value = ''
  } catch (error) {
    said.dataset.of = 'refresh'
    said.value = 'not reachable: ' + error.message
  }
}

live.addEventListener('click', () => {
  live.setAttribute('aria-pressed', String(live.getAttribute('aria-pressed') !== 'true'))
})

byId('reload').addEventListener('click', async () => {
  said.dataset.of = 'reload'
  said.value = 'reloading …'
  try {
    const answer = await fetch('/reload', { method: 'POST' })
    const result = await answer.json()
    said.value = answer.ok ? 'generation ' + result.generation : 'refused: ' + (result.errors ?? [result.error])[0]
    await refresh()
  } catch (error) {
    said.value = 'not reachable: ' + error.message
  }
})

prepare(document)
byId('actions').hidden = false
live.hidden = document.querySelector('main section[id]') === null
setInterval(tick, EVERY_MS)
`
