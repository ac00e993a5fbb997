import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Services per generated file. */
const SERVICES_PER_FILE = 20

/**
 * An API of many annotated services, as `.proto` texts by file name: what a large installation has the gateway load.
 * Every service has its own request and response messages; the methods go through the usual HTTP methods.
 */
export function generateServices(count: number, methods: number): Map<string, string> {
  const files = new Map<string, string>()
  for (let first = 0; first < count; first += SERVICES_PER_FILE) {
    const number = first / SERVICES_PER_FILE
    const lines = [
      'syntax = "proto3";',
      '',
      `package bench.v${number};`,
      '',
      'import "google/api/annotations.proto";',
      'import "google/protobuf/field_mask.proto";',
      'import "google/protobuf/timestamp.proto";',
      '',
    ]
    for (let service = first; service < Math.min(first + SERVICES_PER_FILE, count); service++)
      lines.push(...generateService(service, methods))
    files.set(`bench/v${number}/services.proto`, lines.join('\n'))
  }
  return files
}

/** Writes them below a directory. */
export function writeServices(directory: string, count: number, methods: number): void {
  for (const [name, text] of generateServices(count, methods)) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

function generateService(service: number, methods: number): string[] {
  const item = `Item${service}`
  const lines = [
    `// ${item} is what service ${service} keeps.`,
    `message ${item} {`,
    '  // Resource name.',
    '  string name = 1;',
    '  string display_name = 2;',
    '  int64 size_bytes = 3;',
    '  repeated string tags = 4;',
    '  map<string, string> labels = 5;',
    '  google.protobuf.Timestamp create_time = 6;',
    `  State state = 7;`,
    '  oneof kind {',
    '    string text = 8;',
    '    bytes blob = 9;',
    '  }',
    '  enum State {',
    '    STATE_UNSPECIFIED = 0;',
    '    ACTIVE = 1;',
    '  }',
    '}',
    '',
  ]
  for (let method = 0; method < methods; method++)
    lines.push(
      `message Request${service}x${method} {`,
      '  string name = 1;',
      '  int32 page_size = 2;',
      '  string page_token = 3;',
      `  ${item} item = 4;`,
      '  google.protobuf.FieldMask update_mask = 5;',
      '}',
      '',
    )
  lines.push(`service Service${service} {`)
  for (let method = 0; method < methods; method++) {
    lines.push(
      `  // Method ${method} of service ${service}.`,
      `  rpc Method${method}(Request${service}x${method}) returns (${item}) {`,
      `    option (google.api.http) = {`,
      ...httpRule(service, method).map((line) => `      ${line}`),
      '    };',
      '  }',
    )
  }
  lines.push('}', '')
  return lines
}

function httpRule(service: number, method: number): string[] {
  const collection = `/v1/services/${service}/items${method}`
  switch (method % 5) {
    case 0:
      return [`get: "${collection}/{name}"`, `additional_bindings { get: "${collection}:find" }`]
    case 1:
      return [`post: "${collection}"`, 'body: "item"']
    case 2:
      return [`patch: "${collection}/{name=groups/*/items/*}"`, 'body: "item"']
    case 3:
      return [`delete: "${collection}/{name}"`]
    default:
      return [`post: "${collection}/{name=**}:run"`, 'body: "*"']
  }
}
