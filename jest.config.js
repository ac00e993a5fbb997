/** Tests are TypeScript ES modules, transformed (not type-checked) by swc; `npm run types` checks them. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  // Sources name their imports `./x.js`, as Node needs them; the file on disk is `./x.ts`.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.long\\.test\\.ts$'],
  testTimeout: 60_000,
  // Modules of tests that have run are not let go of: a process that has run two hundred files spends its time collecting
  // garbage, so that another takes its place.
  workerIdleMemoryLimit: '700MB',
}
