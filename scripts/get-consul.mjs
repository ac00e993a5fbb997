/**
 * Puts Debian bullseye's Consul (1.8.7, the last line under the MPL that Debian carries) into .tools/consul: the real
 * agent of the discovery tests. The suite is read through a private apt configuration, so that the system's own sources
 * and lists stay as they are; apt checks the archive's signature and the package's checksum.
 *
 *   node scripts/get-consul.mjs
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, getFromDebian, tools } from './debian.mjs'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
/** The second holds the suite once the first has retired it; its Release file is then past its date. */
const MIRRORS = ['http://deb.debian.org/debian', 'http://archive.debian.org/debian']

const program = join(tools, 'consul', 'consul')
const probe = ['version']
const apt = join(tools, 'consul-apt')
const aptOptions = [
  `Dir::Etc::sourcelist=${join(apt, 'sources.list')}`,
  'Dir::Etc::sourceparts=/dev/null',
  `Dir::State::lists=${join(apt, 'lists')}`,
  `Dir::Cache=${join(apt, 'cache')}`,
  'Acquire::Check-Valid-Until=false',
  'Acquire::Languages=none',
  'Acquire::Retries=3',
  'APT::Sandbox::User=root',
].flatMap((option) => ['-o', option])

if (!existsSync(program) && !existsSync('/usr/bin/consul')) readSuite()
getFromDebian({ name: 'consul', packages: ['consul'], binary: 'usr/bin/consul', probe, aptOptions })
rmSync(apt, { recursive: true, force: true })

/** Gets the list of bullseye's packages, from the first mirror that has it. */
function readSuite() {
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, folder), { recursive: true })
  const signedBy = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : ''
  for (const mirror of MIRRORS) {
    console.log(`consul: reading ${mirror} bullseye`)
    writeFileSync(join(apt, 'sources.list'), `deb ${signedBy}${mirror} bullseye main\n`)
    const { status, error } = spawnSync(
      'apt-get',
      [...aptOptions, '-q', 'update', '-o', 'APT::Update::Error-Mode=any'],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
    if (error !== undefined) fail('consul', `needs Debian's apt-get: ${error.message}`)
    if (status === 0) return
  }
  fail('consul', 'no mirror gives the package list of Debian bullseye: see the messages above')
}
