/**
 * Puts Debian's Prometheus into .tools/prometheus: the real one, that scrapes the gateway in tests and is asked by its API.
 *
 *   node scripts/get-prometheus.mjs
 */
import { getFromDebian } from './debian.mjs'

getFromDebian({
  name: 'prometheus',
  packages: ['prometheus'],
  binary: 'usr/bin/prometheus',
  probe: ['--version'],
})
