import { httpStatusOf } from '../../status/index.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { StatusBody } from '../types.js'
import { formatBase64 } from '../values/base64.js'
import { readMessage } from '../wire/read-message.js'
import { JsonEncoder, type JsonStyle } from './encode.js'

type Detail = StatusBody['details'][number]

/** `{"code":5,"message":"…","details":[…]}` (google/rpc/status.proto as ProtoJSON; `details` always). Never throws. */
export function writeStatusJson(status: StatusBody, plans: PlanTable, style: JsonStyle): string {
  const code = Number.isInteger(status.code) ? status.code : 2
  return `{"code":${code},"message":${JSON.stringify(status.message)},"details":${writeDetails(status, plans, style)}}`
}

/**
 * RFC 9457 problem details: `type` is about:blank, so `title` is the HTTP status' phrase and `detail` says what happened;
 * `code` and `details` are extension members (§3.2) with what google.rpc.Status has. Never throws.
 */
export function writeProblemJson(
  status: StatusBody,
  httpStatus: number,
  title: string,
  plans: PlanTable,
  style: JsonStyle,
): string {
  const members = [
    '"type":"about:blank"',
    `"title":${JSON.stringify(title)}`,
    `"status":${Number.isInteger(httpStatus) ? httpStatus : httpStatusOf(status.code)}`,
    `"detail":${JSON.stringify(status.message)}`,
    `"code":${Number.isInteger(status.code) ? status.code : 2}`,
    `"details":${writeDetails(status, plans, style)}`,
  ]
  return `{${members.join(',')}}`
}

function writeDetails({ details }: StatusBody, plans: PlanTable, style: JsonStyle): string {
  return `[${details.map((detail) => writeDetail(detail, plans, style)).join(',')}]`
}

/** A detail as an Any; one of a type not known, or that does not decode, as `{"@type":…,"value":base64}`. */
function writeDetail({ typeUrl, value }: Detail, plans: PlanTable, style: JsonStyle): string {
  const type = `{"@type":${JSON.stringify(typeUrl)}`
  try {
    const plan = plans.messagePlanByName(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
    if (plan !== undefined) {
      const message = readMessage(plan, value)
      const encoder = new JsonEncoder(plans, style)
      if (plan.form !== undefined) return `${type},"value":${encoder.message(message)}}`
      const members = encoder.members(message)
      return members === '' ? `${type}}` : `${type},${members}}`
    }
  } catch {
    // The error itself matters more than how one of its details was packed.
  }
  return `${type},"value":"${formatBase64(value)}"}`
}
