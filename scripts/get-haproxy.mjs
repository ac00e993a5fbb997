/**
 * Puts Debian's HAProxy into .tools/haproxy: the balancer in front of the gateways of `npm run stack`.
 *
 *   node scripts/get-haproxy.mjs
 */
import { getFromDebian } from './debian.mjs'

getFromDebian({ name: 'haproxy', packages: ['haproxy'], binary: 'usr/sbin/haproxy', probe: ['-v'] })
