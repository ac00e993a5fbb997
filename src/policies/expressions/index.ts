export { compileExpression, type CompiledExpression } from './compile.js'
