/**
 * Puts Debian's Redis into .tools/redis: the real server of the tests of shared limits.
 *
 *   node scripts/get-redis.mjs
 */
import { getFromDebian } from './debian.mjs'

getFromDebian({ name: 'redis', packages: ['redis-server'], binary: 'usr/bin/redis-server', probe: ['--version'] })
