import type { LinkContext } from '../link-context.js'
import { checkEnum } from './enums.js'
import { checkExtension } from './extensions.js'
import { checkField } from './fields.js'
import { checkJsonNames } from './json-names.js'
import { checkMemberNames, checkMethodNames } from './member-names.js'
import { checkNumbers } from './numbers.js'
import { checkOptionUse } from './option-use.js'
import { checkNamingStyle } from './naming-style.js'
import { declarationsOf } from './declarations.js'
import { checkVisibility } from './visibility.js'

/**
 * Everything that protoc refuses in a file whose syntax is right and whose names resolve (descriptor.cc, the
 * `Validate…` and `Check…` functions), reported at the place of the mistake.
 */
export function checkFile(context: LinkContext): void {
  for (const declaration of declarationsOf(context)) {
    switch (declaration.kind) {
      case 'message':
        checkMemberNames(context, declaration)
        checkNumbers(context, declaration)
        checkJsonNames(context, declaration)
        declaration.symbol.proto.field.forEach((field, index) => {
          checkField(context, field, declaration, [...declaration.path, 2, index])
        })
        break
      case 'enum':
        checkEnum(context, declaration)
        break
      case 'extension':
        checkExtension(context, declaration)
        checkField(context, declaration.symbol.proto, { symbol: declaration.symbol.parent }, declaration.path)
        break
      case 'service':
        checkMethodNames(context, declaration)
    }
  }
  checkVisibility(context)
  checkOptionUse(context)
  checkNamingStyle(context)
}
