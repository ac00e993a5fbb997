import type { DescField, DescMessage, FileRegistry } from '@bufbuild/protobuf'
import { PlanTable } from '../plan/plan-table.js'
import { isNameCharacter, isNameStart } from './characters.js'
import { XML_NAMESPACE, XMLNS_NAMESPACE, XSI_NAMESPACE } from './namespaces.js'
import { fieldOption, fileNamespace, hasOption, isSoundOption, messageOption, type XmlFieldOption } from './options.js'
import { canBeAttribute, XmlPlans } from './plan.js'
import { unwritable } from './escape.js'

/** What is wrong with an option of protobridge/xml.proto: it is not followed, or two fields are in each other's way. */
export interface XmlOptionFault {
  readonly message: DescMessage
  /** undefined: the message's own option, or its file's. */
  readonly field: DescField | undefined
  /** A clause without a full stop. */
  readonly what: string
  readonly advice: string | undefined
}

/** Every fault of a registry's messages. Those without options have none, and cost no more than a look. */
export function findXmlOptionFaults(registry: FileRegistry): XmlOptionFault[] {
  const table = new PlanTable(registry)
  const faults: XmlOptionFault[] = []
  for (const desc of registry) {
    if (desc.kind !== 'message' || ![desc.file, desc, ...desc.fields].some(hasOption)) continue
    faults.push(...checkXmlOptions(desc, table))
  }
  return faults
}

/** Looks through the options of a message and its fields; types in it are not looked into. */
export function checkXmlOptions(desc: DescMessage, table: PlanTable): XmlOptionFault[] {
  const faults: XmlOptionFault[] = []
  const add = (field: DescField | undefined, what: string, advice?: string): void => {
    faults.push({ message: desc, field, what, advice })
  }
  if (!isSoundOption(desc.file)) add(undefined, 'the option (protobridge.xml_file) is no protobridge.XmlFile')
  if (!isSoundOption(desc)) add(undefined, 'the option (protobridge.xml_message) is no protobridge.XmlMessage')
  const { name, namespace } = messageOption(desc)
  checkName(name, (what, advice) => add(undefined, what, advice))
  checkNamespace(namespace, (what) => add(undefined, what))
  checkNamespace(fileNamespace(desc.file), (what) => add(undefined, what))
  for (const field of desc.fields) {
    if (!isSoundOption(field)) add(field, 'the option (protobridge.xml) is no protobridge.XmlField')
    const option = fieldOption(field)
    checkName(option.name, (what, advice) => add(field, what, advice))
    checkName(option.item ?? '', (what, advice) => add(field, what, advice))
    // `xml:lang` and its like are attributes.
    const isOfXml = option.isAttribute && option.namespace === XML_NAMESPACE
    if (!isOfXml) checkNamespace(option.namespace, (what) => add(field, what))
    checkShape(field, option, table, (what, advice) => add(field, what, advice))
  }
  checkClashes(desc, table, add)
  return faults
}

type Report = (what: string, advice?: string) => void

function checkShape(field: DescField, option: XmlFieldOption, table: PlanTable, report: Report): void {
  if (option.isAttribute && !canBeAttribute(table.fieldPlan(field))) {
    report(
      `${field.name} cannot be an attribute: its value is not one text`,
      'attributes are singular scalars, enums, Timestamp, Duration, FieldMask and wrappers',
    )
  }
  if (option.item !== undefined && field.fieldKind !== 'list') {
    report(`${field.name} cannot be wrapped: it is not repeated`)
  }
}

/** Two elements, or two attributes, of one name: only one of the fields could be read. */
function checkClashes(desc: DescMessage, table: PlanTable, add: (field: DescField, what: string) => void): void {
  const plan = new XmlPlans(table).message(table.messagePlan(desc), '')
  const known = new Map<string, DescField>()
  for (const field of desc.fields) {
    const { attribute, tag } = plan.fieldOf(table.fieldPlan(field))
    const isAttribute = attribute !== undefined
    const namespace = isAttribute ? (fieldOption(field).namespace ?? '') : tag.namespace
    const key = `${isAttribute ? '@' : ''}{${namespace}}${tag.localName}`
    const other = known.get(key)
    if (other === undefined) known.set(key, field)
    else
      add(
        field,
        `${field.name} and ${other.name} are both the ${isAttribute ? 'attribute' : 'element'} ${tag.localName}`,
      )
  }
}

function checkName(name: string, report: Report): void {
  for (const [index, character] of [...name].entries()) {
    const codePoint = character.codePointAt(0)!
    if (index === 0 ? isNameStart(codePoint) : isNameCharacter(codePoint)) continue
    report(`"${name}" is no XML name without prefix, so it would be written with escapes`, 'give the namespace as such')
    return
  }
}

function checkNamespace(namespace: string | undefined, report: Report): void {
  if (namespace === undefined) return
  const isReserved = [XML_NAMESPACE, XMLNS_NAMESPACE, XSI_NAMESPACE].includes(namespace)
  if (isReserved || unwritable(namespace) !== -1)
    report(`"${namespace}" cannot be a namespace of elements and attributes`)
}
