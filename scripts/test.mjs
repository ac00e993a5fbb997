/**
 * Runs jest on the TypeScript tests as ES modules; `--long` runs the long ones (`*.long.test.ts`) too, and each property
 * of the transcoder against its oracle so often that it makes a million cases. Other arguments go to jest.
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const args = process.argv.slice(2)
const isLong = args.includes('--long')
const env = { TRANSCODE_RUNS: isLong ? '40000' : '400', ...process.env }
const jestArgs = args.filter((arg) => arg !== '--long')
if (isLong) jestArgs.push('--testPathIgnorePatterns', '/node_modules/', '--testTimeout', '600000')

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...jestArgs,
  ],
  { cwd: root, env, stdio: 'inherit' },
)
process.exit(status ?? 1)
