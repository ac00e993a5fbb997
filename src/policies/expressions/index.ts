export { compileExpression, type CompiledExpression } from './compile.js'
export { compileOrReport, isFirst } from './report.js'
