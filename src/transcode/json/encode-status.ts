import { httpStatusOf } from '../../status/index.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { StatusBody } from '../types.js'
import { formatBase64 } from '../values/base64.js'
import type { JsonStyle, JsonWriter } from './write.js'

type Detail = StatusBody['details'][number]

/** `{"code":5,"message":"…","details":[…]}` (google/rpc/status.proto as ProtoJSON; `details` always). Never throws. */
export function writeStatusJson(status: StatusBody, plans: PlanTable, writer: JsonWriter, style: JsonStyle): string {
  const code = Number.isInteger(status.code) ? status.code : 2
  return `{"code":${code},"message":${JSON.stringify(status.message)},"details":${writeDetails(status, plans, writer, style)}}`
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
  writer: JsonWriter,
  style: JsonStyle,
): string {
  const members = [
    '"type":"about:blank"',
    `"title":${JSON.stringify(title)}`,
    `"status":${Number.isInteger(httpStatus) ? httpStatus : httpStatusOf(status.code)}`,
    `"detail":${JSON.stringify(status.message)}`,
    `"code":${Number.isInteger(status.code) ? status.code : 2}`,
    `"details":${writeDetails(status, plans, writer, style)}`,
  ]
  return `{${members.join(',')}}`
}

function writeDetails({ details }: StatusBody, plans: PlanTable, writer: JsonWriter, style: JsonStyle): string {
  return `[${details.map((detail) => writeDetail(detail, plans, writer, style)).join(',')}]`
}

/** A detail as an Any; one of a type not known, or that does not decode, as `{"@type":…,"value":base64}`. */
function writeDetail({ typeUrl, value }: Detail, plans: PlanTable, writer: JsonWriter, style: JsonStyle): string {
  try {
    const plan = plans.messagePlanByName(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
    if (plan !== undefined) return writer.writePacked(typeUrl, plan, value, style).toString()
  } catch {
    // The error itself matters more than how one of its details was packed.
  }
  return `{"@type":${JSON.stringify(typeUrl)},"value":"${formatBase64(value)}"}`
}
