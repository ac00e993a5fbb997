import { quote, ValueError } from '../errors/transcode-error.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { MessagePlan } from '../plan/types.js'

/**
 * The plan of the type that an Any's type URL names.
 *
 * @throws ValueError
 */
export function planOfTypeUrl(typeUrl: string, plans: PlanTable): MessagePlan {
  const slash = typeUrl.lastIndexOf('/')
  if (slash === -1 || slash === typeUrl.length - 1) {
    throw new ValueError(`${quote(typeUrl)} is not a type URL such as "type.googleapis.com/package.Message"`)
  }
  const plan = plans.messagePlanByName(typeUrl.slice(slash + 1))
  if (plan === undefined) throw new ValueError(`the type ${quote(typeUrl)} is not known`)
  return plan
}
