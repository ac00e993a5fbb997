export { OutlierDetector, OutlierRecord } from './outlier-detector.js'
export type { OutlierOptions } from './types.js'
