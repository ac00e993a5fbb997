import js from '@eslint/js'
import globals from 'globals'
import tseslint from 'typescript-eslint'

/**
 * The layers of src/, lowest first. A folder imports folders of lower layers only (and itself), through their
 * index.ts; folders of one layer do not know each other. See ARCHITECTURE.md.
 */
const LAYERS = [
  ['status', 'problems', 'files', 'version', 'cache', 'ids'],
  ['documents', 'consul'],
  ['config', 'descriptors'],
  ['mapping'],
  ['routing', 'transcode', 'upstream', 'policies'],
  ['exchange'],
  ['telemetry'],
  ['snapshot'],
  ['server', 'admin', 'workers'],
  ['gateway'],
  ['cli'],
]

/** Folders that are pure: no sockets, files, timers, clock or environment. */
const PURE = ['status', 'problems', 'documents', 'mapping', 'routing', 'transcode']
const IMPURE_MODULES = [
  'fs',
  'fs/promises',
  'net',
  'tls',
  'http',
  'http2',
  'https',
  'dns',
  'dns/promises',
  'timers',
  'timers/promises',
  'child_process',
  'worker_threads',
  'cluster',
  'process',
].flatMap((name) => [name, `node:${name}`])

const layerRules = LAYERS.flatMap((folders, level) =>
  folders.map((folder) => {
    const forbidden = LAYERS.slice(level)
      .flat()
      .filter((other) => other !== folder)
    const isPure = PURE.includes(folder)
    return {
      files: [`src/${folder}/**/*.ts`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            paths: isPure
              ? IMPURE_MODULES.map((name) => ({ name, message: `${folder}/ is pure: take it as an argument` }))
              : [],
            patterns: [
              ...(forbidden.length > 0
                ? [
                    {
                      regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
                      message: `${folder}/ must not import a higher or equal layer`,
                    },
                  ]
                : []),
              {
                regex: `^(\\.\\./)+(?!(${folder})/)(${LAYERS.flat().join('|')})/(?!index\\.js$)`,
                message: 'import another folder through its index.ts',
              },
            ],
          },
        ],
        ...(isPure
          ? { 'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch'] }
          : {}),
      },
    }
  }),
)

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.tools/', 'coverage/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    languageOptions: { globals: globals.node },
    rules: {
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-control-regex': 'off',
      eqeqeq: ['error', 'always'],
    },
  },
  ...layerRules,
)
