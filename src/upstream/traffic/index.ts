export { falling } from './fallback.js'
export { faulting, type FaultSettings } from './fault.js'
export { mirroring, type MirrorSettings } from './mirror.js'
export { splitting, type SplitTarget, type StickyKey } from './split.js'
