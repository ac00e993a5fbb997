import type { Readiness } from '../../admin/index.js'

type Check = Readiness['checks'][number]

/**
 * What several workers tell of being ready, as one: a check is good where it is for all that serve.
 * @param workers that serve, and that there are to be
 */
export function mergeReadiness(
  views: readonly Readiness[],
  workers: { readonly serving: number; readonly all: number },
  isDraining: boolean,
): Readiness {
  const byName = new Map<string, Check>()
  for (const check of views.flatMap(({ checks }) => checks)) {
    const before = byName.get(check.name)
    if (before === undefined || (before.isOk && !check.isOk)) byName.set(check.name, check)
  }
  byName.set('accepting', {
    name: 'accepting',
    isOk: !isDraining,
    detail: isDraining ? 'shutting down' : 'accepting requests',
  })
  const { serving, all } = workers
  // The others serve while one is replaced.
  byName.set('workers', {
    name: 'workers',
    isOk: serving > 0 && views.length > 0,
    detail: `${serving} of ${all} serve`,
  })
  const checks = [...byName.values()]
  return { isReady: checks.every(({ isOk }) => isOk), checks }
}
