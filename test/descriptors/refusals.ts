/** One file per row; what we say of it, or undefined where it is sound. protoc must agree on which are. */
export interface RefusalRow {
  readonly name: string
  readonly proto: string
  readonly error: string | undefined
}

const nested = (depth: number) => 'message M { '.repeat(depth) + '}'.repeat(depth)

export const REFUSALS: readonly RefusalRow[] = [
  {
    name: 'dup field number',
    proto: 'syntax="proto3"; message A { int32 a=1; int32 b=1; }',
    error: 't.proto:1:49: field number 1 is used by `a` already (A.b): next free number: 2',
  },
  {
    name: 'dup field name',
    proto: 'syntax="proto3"; message A { int32 a=1; int32 a=2; }',
    error: 't.proto:1:47: field `a`: `A` has something of this name already (A.a): give one of the two another name',
  },
  {
    name: 'reserved number',
    proto: 'syntax="proto3"; message A { reserved 1 to 5; int32 a=3; }',
    error: 't.proto:1:55: field number 3 is reserved (A.a): use another number',
  },
  {
    name: 'reserved name',
    proto: 'syntax="proto3"; message A { reserved "a"; int32 a=3; }',
    error: 't.proto:1:50: name `a` is reserved (A.a): use another name',
  },
  {
    name: 'number zero',
    proto: 'syntax="proto3"; message A { int32 a=0; }',
    error: 't.proto:1:38: field number 0: field numbers begin at 1 (A.a)',
  },
  {
    name: 'number 19000',
    proto: 'syntax="proto3"; message A { int32 a=19000; }',
    error: 't.proto:1:38: field number 19000: 19000 to 19999 are kept for the protobuf implementation (A.a)',
  },
  {
    name: 'number too large',
    proto: 'syntax="proto3"; message A { int32 a=536870912; }',
    error: 't.proto:1:38: field number 536870912 is too large: the largest is 536870911 (A.a)',
  },
  {
    name: 'json conflict',
    proto: 'syntax="proto3"; message A { int32 a_b=1; int32 aB=2; }',
    error: 't.proto:1:49: JSON name "aB" is that of `a_b` already (A.aB): set another `json_name` on one of them',
  },
  {
    name: 'json conflict custom',
    proto: 'syntax="proto2"; message A { optional int32 a_b=1; optional int32 c=2 [json_name="aB"]; }',
    error: undefined,
  },
  {
    name: 'json conflict proto2 derived',
    proto: 'syntax="proto2"; message A { optional int32 a_b=1; optional int32 aB=2; }',
    error: undefined,
  },
  {
    name: 'enum no zero proto3',
    proto: 'syntax="proto3"; enum E { A=1; }',
    error: 't.proto:1:29: the first value of enum `E` must be zero (A): put a value like `E_UNSPECIFIED = 0;` first',
  },
  {
    name: 'enum empty',
    proto: 'syntax="proto3"; enum E { }',
    error: 't.proto:1:23: enum `E` has no values (E): an enum has at least one value',
  },
  {
    name: 'enum dup',
    proto: 'syntax="proto3"; enum E { A=0; B=0; }',
    error: 't.proto:1:34: enum value 0 is that of `A` already (B): if this is meant, set `option allow_alias = true;`',
  },
  {
    name: 'enum unnecessary alias',
    proto: 'syntax="proto3"; enum E { option allow_alias=true; A=0; B=1; }',
    error: 't.proto:1:27: enum `E` allows aliases but has none (E): remove `option allow_alias = true;`',
  },
  {
    name: 'enum stripped conflict',
    proto: 'syntax="proto3"; enum Foo { FOO_A=0; A=1; }',
    error:
      't.proto:1:38: enum values `A` and `FOO_A` are one when case and the prefix `Foo` are left out (Foo): rename one of them',
  },
  {
    name: 'enum value scope conflict',
    proto: 'syntax="proto3"; enum E { A=0; } enum F { A=0; }',
    error: 't.proto:1:43: `A` is defined in this file already (A): give one of the two another name',
  },
  {
    name: 'enum reserved',
    proto: 'syntax="proto3"; enum E { A=0; B=5; reserved 2 to 6; }',
    error: 't.proto:1:34: enum value 5 is reserved (B): use another number',
  },
  {
    name: 'enum reserved overlap',
    proto: 'syntax="proto3"; enum E { A=0; reserved 2 to 6, 6; }',
    error: 't.proto:1:49: reserved range 6 to 6 overlaps with 2 to 6 (E)',
  },
  { name: 'enum neg', proto: 'syntax="proto3"; enum E { A=0; B=-2147483648; C=2147483647; }', error: undefined },
  {
    name: 'enum too large',
    proto: 'syntax="proto3"; enum E { A=0; C=2147483648; }',
    error: 't.proto:1:34: `2147483648` is out of range: the number of an enum value is at most 2147483647',
  },
  {
    name: 'map key float',
    proto: 'syntax="proto3"; message A { map<float,int32> a=1; }',
    error: 't.proto:1:30: the key of a map must be an integer, a bool or a string (A.a)',
  },
  {
    name: 'map key message',
    proto: 'syntax="proto3"; message A { map<A,int32> a=1; }',
    error: 't.proto:1:30: the key of a map must be an integer, a bool or a string (A.a)',
  },
  {
    name: 'map key enum',
    proto: 'syntax="proto3"; enum E { Z=0; } message A { map<E,int32> a=1; }',
    error: 't.proto:1:46: the key of a map must be an integer, a bool or a string (A.a)',
  },
  {
    name: 'map in oneof',
    proto: 'syntax="proto3"; message A { oneof o { map<int32,int32> a=1; } }',
    error: 't.proto:1:40: a map is not allowed in a oneof',
  },
  {
    name: 'map repeated',
    proto: 'syntax="proto3"; message A { repeated map<int32,int32> a=1; }',
    error: 't.proto:1:39: a map field has no label: leave the label out',
  },
  {
    name: 'map entry conflict',
    proto: 'syntax="proto3"; message A { map<int32,int32> a=1; message AEntry{} }',
    error: 't.proto:1:60: `A.AEntry` is defined in this file already (A.AEntry): give one of the two another name',
  },
  {
    name: 'map entry by name',
    proto: 'syntax="proto3"; message A { map<int32,int32> a=1; AEntry b=2; }',
    error: 't.proto:1:52: `A.AEntry` is made for a map field and not to be used by name (A.b)',
  },
  {
    name: 'required proto3',
    proto: 'syntax="proto3"; message A { required int32 a=1; }',
    error: 't.proto:1:30: required fields are not allowed in proto3: leave `required` out',
  },
  {
    name: 'default proto3',
    proto: 'syntax="proto3"; message A { int32 a=1 [default=1]; }',
    error: 't.proto:1:41: default values are not allowed in proto3',
  },
  {
    name: 'group proto3',
    proto: 'syntax="proto3"; message A { group G=1 { int32 a=1; } }',
    error: 't.proto:1:30: groups are not allowed in proto3: use a nested message',
  },
  {
    name: 'extension range proto3',
    proto: 'syntax="proto3"; message A { extensions 1 to 5; }',
    error: 't.proto:1:30: extension ranges are not allowed in proto3: use a field of type google.protobuf.Any',
  },
  {
    name: 'no label proto2',
    proto: 'syntax="proto2"; message A { int32 a=1; }',
    error: 't.proto:1:30: a proto2 field needs a label: put `optional`, `required` or `repeated` before its type',
  },
  {
    name: 'closed enum in proto3',
    proto: 'syntax="proto3"; import "options.proto"; message A { torture.options.Color c=1; }',
    error:
      't.proto:1:54: enum `torture.options.Color` is closed and cannot be the type of a proto3 field, or of one with implicit presence (A.c): closed enums are those of proto2 files',
  },
  {
    name: 'closed enum repeated in proto3',
    proto: 'syntax="proto3"; import "options.proto"; message A { repeated torture.options.Color c=1; }',
    error:
      't.proto:1:63: enum `torture.options.Color` is closed and cannot be the type of a proto3 field, or of one with implicit presence (A.c): closed enums are those of proto2 files',
  },
  {
    name: 'oneof empty',
    proto: 'syntax="proto3"; message A { oneof o { } }',
    error: 't.proto:1:36: oneof `o` has no fields (A.o): add a field or remove the oneof',
  },
  {
    name: 'oneof label',
    proto: 'syntax="proto3"; message A { oneof o { optional int32 a=1; } }',
    error: 't.proto:1:40: a field of a oneof has no label: `optional`: leave the label out',
  },
  {
    name: 'oneof repeated',
    proto: 'syntax="proto3"; message A { oneof o { repeated int32 a=1; } }',
    error: 't.proto:1:40: a field of a oneof has no label: `repeated`: leave the label out',
  },
  {
    name: 'missing semicolon',
    proto: 'syntax="proto3"; message A { int32 a=1 }',
    error: 't.proto:1:40: expected `;` after a field, found `}`',
  },
  {
    name: 'missing number',
    proto: 'syntax="proto3"; message A { int32 a; }',
    error: 't.proto:1:37: expected `=` and a number after the name of a field, found `;`',
  },
  {
    name: 'unknown type',
    proto: 'syntax="proto3"; message A { Foo a=1; }',
    error: 't.proto:1:30: type `Foo` does not exist (A.a): declare it, or import the file that does',
  },
  {
    name: 'not imported',
    proto: 'syntax="proto3"; message A { google.protobuf.Timestamp a=1; }',
    error:
      't.proto:1:30: type `google.protobuf.Timestamp` does not exist (A.a): add `import "google/protobuf/timestamp.proto";`',
  },
  {
    name: 'missing import',
    proto: 'syntax="proto3"; import "no/such.proto"; message A { Foo a=1; }',
    error:
      't.proto:1:18: import "no/such.proto" is not found: it was looked for in the protos that come with protobridge',
  },
  {
    name: 'self import',
    proto: 'syntax="proto3"; import "t.proto";',
    error: 't.proto:1:18: import cycle: t.proto → t.proto: move what both files need into a third one',
  },
  {
    name: 'dup import',
    proto: 'syntax="proto3"; import "options.proto"; import "options.proto";',
    error: 't.proto:1:49: "options.proto" is imported already: remove one of the two',
  },
  {
    name: 'unknown option',
    proto: 'syntax="proto3"; option foo = 1;',
    error: 't.proto:1:25: unknown option `foo`: a custom option stands in parentheses: `(name)`',
  },
  {
    name: 'unknown ext option',
    proto: 'syntax="proto3"; option (foo) = 1;',
    error: 't.proto:1:25: option `(foo)` does not exist: declare it, or import the file that does',
  },
  {
    name: 'wrong option type',
    proto: 'syntax="proto3"; option java_package = 1;',
    error: 't.proto:1:40: `java_package` takes a string in quotes',
  },
  {
    name: 'option twice',
    proto: 'syntax="proto3"; option java_package = "a"; option java_package = "b";',
    error: 't.proto:1:45: option `java_package` is set already',
  },
  {
    name: 'bool option',
    proto: 'syntax="proto3"; option deprecated = 1;',
    error: 't.proto:1:38: `deprecated` takes `true` or `false`',
  },
  {
    name: 'enum option bad',
    proto: 'syntax="proto3"; option optimize_for = FAST;',
    error: 't.proto:1:40: enum `google.protobuf.FileOptions.OptimizeMode` has no value `FAST`',
  },
  {
    name: 'aggregate unknown field',
    proto:
      'syntax="proto3"; import "google/api/annotations.proto"; message M{} service S { rpc A(M) returns (M) { option (google.api.http) = { got: "x" }; } }',
    error: 't.proto:1:133: message `google.api.HttpRule` has no field `got` (S.A): did you mean `get`?',
  },
  {
    name: 'aggregate oneof',
    proto:
      'syntax="proto3"; import "google/api/annotations.proto"; message M{} service S { rpc A(M) returns (M) { option (google.api.http) = { get: "x" post: "y" }; } }',
    error: 't.proto:1:142: `post` and `get` are members of one oneof (S.A)',
  },
  {
    name: 'aggregate dup',
    proto:
      'syntax="proto3"; import "google/api/annotations.proto"; message M{} service S { rpc A(M) returns (M) { option (google.api.http) = { body: "x" body: "y" }; } }',
    error: 't.proto:1:143: `body` is given twice but is not repeated (S.A)',
  },
  {
    name: 'dotted then whole',
    proto:
      'syntax="proto3"; import "google/api/annotations.proto"; message M{} service S { rpc A(M) returns (M) { option (google.api.http).get = "x"; option (google.api.http) = {body: "*"}; } }',
    error: 't.proto:1:140: option `(google.api.http)` is set already (S.A)',
  },
  {
    name: 'whole then dotted',
    proto:
      'syntax="proto3"; import "google/api/annotations.proto"; message M{} service S { rpc A(M) returns (M) { option (google.api.http) = {body: "*"}; option (google.api.http).get = "x"; } }',
    error: undefined,
  },
  {
    name: 'whole then dotted same',
    proto:
      'syntax="proto3"; import "google/api/annotations.proto"; message M{} service S { rpc A(M) returns (M) { option (google.api.http) = {body: "*"}; option (google.api.http).body = "x"; } }',
    error: 't.proto:1:144: option `(google.api.http).body` is set already (S.A)',
  },
  {
    name: 'dotted twice',
    proto:
      'syntax="proto3"; import "google/api/annotations.proto"; message M{} service S { rpc A(M) returns (M) { option (google.api.http).body = "*"; option (google.api.http).body = "x"; } }',
    error: 't.proto:1:141: option `(google.api.http).body` is set already (S.A)',
  },
  {
    name: 'rpc type enum',
    proto: 'syntax="proto3"; enum E { A=0; } service S { rpc M(E) returns (E); }',
    error: 't.proto:1:52: request type `E` is not a message (S.M)',
  },
  {
    name: 'rpc dup',
    proto: 'syntax="proto3"; message A{} service S { rpc M(A) returns (A); rpc M(A) returns (A); }',
    error: 't.proto:1:68: `S` has a method `M` already (S.M): give one of the two another name',
  },
  {
    name: 'unterminated string',
    proto: 'syntax="proto3; message A{}',
    error: 't.proto:1:8: a string is not closed on its line',
  },
  {
    name: 'unterminated block',
    proto: 'syntax="proto3"; message A { int32 a = 1;',
    error: 't.proto:1:42: the file ends inside message A: `}` is missing',
  },
  {
    name: 'extra brace',
    proto: 'syntax="proto3"; message A { } }',
    error: 't.proto:1:32: expected a top-level statement, found `}`: a `}` too many',
  },
  {
    name: 'unknown syntax',
    proto: 'syntax="proto4"; message A { }',
    error: 't.proto:1:8: unknown syntax "proto4": known are "proto2" and "proto3"; newer files say `edition = "2023"`',
  },
  {
    name: 'edition 2025',
    proto: 'edition="2025"; message A { }',
    error: 't.proto:1:9: unknown edition "2025": known are "2023", "2024", "2026"',
  },
  {
    name: 'editions optional',
    proto: 'edition="2023"; message A { optional int32 a=1; }',
    error: 't.proto:1:29: `optional` is not allowed in editions: leave it out: fields have presence by default',
  },
  {
    name: 'editions group',
    proto: 'edition="2023"; message A { group G=1 {} }',
    error: 't.proto:1:29: groups are not allowed in editions: use `features.message_encoding = DELIMITED`',
  },
  {
    name: 'editions packed',
    proto: 'edition="2023"; message A { repeated int32 a=1 [packed=true]; }',
    error: 't.proto:1:48: `packed` is not allowed in editions: use `features.repeated_field_encoding` (A.a)',
  },
  {
    name: 'editions reserved string',
    proto: 'edition="2023"; message A { reserved "a"; }',
    error: 't.proto:1:38: reserved names are identifiers in editions, not strings: leave the quotes out',
  },
  {
    name: 'editions implicit default',
    proto: 'edition="2023"; message A { int32 a=1 [features.field_presence=IMPLICIT, default=1]; }',
    error:
      't.proto:1:82: a field with implicit presence has no default value (A.a): use `features.field_presence = EXPLICIT`',
  },
  {
    name: 'editions presence on repeated',
    proto: 'edition="2023"; message A { repeated int32 a=1 [features.field_presence=IMPLICIT]; }',
    error: 't.proto:1:48: a repeated field has no presence: `features.field_presence` is not allowed (A.a)',
  },
  {
    name: 'editions presence on oneof',
    proto: 'edition="2023"; message A { oneof o { int32 a=1 [features.field_presence=IMPLICIT]; } }',
    error: 't.proto:1:49: a field of a oneof always has presence: `features.field_presence` is not allowed (A.a)',
  },
  {
    name: 'editions message implicit',
    proto: 'edition="2023"; message A { A a=1 [features.field_presence=IMPLICIT]; }',
    error: 't.proto:1:35: a message field always has presence: it cannot be IMPLICIT (A.a)',
  },
  {
    name: 'editions packed string',
    proto: 'edition="2023"; message A { repeated string a=1 [features.repeated_field_encoding=PACKED]; }',
    error: 't.proto:1:49: only repeated fields of numbers, bools and enums can be PACKED (A.a)',
  },
  {
    name: 'features in proto3',
    proto: 'syntax="proto3"; option features.field_presence = IMPLICIT;',
    error: 't.proto:1:18: features can be set in editions only: begin the file with `edition = "2023";`',
  },
  {
    name: 'feature target',
    proto: 'edition="2023"; message A { option features.field_presence = IMPLICIT; }',
    error: 't.proto:1:45: option `field_presence` cannot be set on a message (A)',
  },
  {
    name: 'feature 2024 in 2023',
    proto: 'edition="2023"; option features.enforce_naming_style = STYLE2024;',
    error: 't.proto:1:33: option `enforce_naming_style` comes with edition 2024',
  },
  {
    name: 'naming 2024',
    proto: 'edition="2024"; message a_b { int32 FooBar=1; } enum e { a = 0; } service s_ { }',
    error:
      't.proto:1:25: name `a_b` is not in PascalCase (a_b): rename it, or set `features.enforce_naming_style = STYLE_LEGACY`',
  },
  {
    name: 'naming 2024 ok',
    proto:
      'edition="2024"; package a.b_c; message AB2 { int32 foo_bar2=1; oneof one_of { int32 x = 2; } } enum E { A_B = 0; }',
    error: undefined,
  },
  {
    name: 'naming trailing digit',
    proto: 'edition="2024"; message A { int32 foo_2=1; }',
    error:
      't.proto:1:35: name `foo_2` is not in lower_snake_case (A.foo_2): rename it, or set `features.enforce_naming_style = STYLE_LEGACY`',
  },
  {
    name: 'closed enum first',
    proto: 'edition="2023"; option features.enum_type=CLOSED; enum E { A=1; }',
    error: undefined,
  },
  { name: 'proto2 enum first 1', proto: 'syntax="proto2"; enum E { A=1; }', error: undefined },
  {
    name: 'extension out of range',
    proto: 'syntax="proto2"; message A { extensions 100 to 200; } extend A { optional int32 a=99; }',
    error: 't.proto:1:83: `A` does not leave number 99 to extensions (a): it leaves 100 to 200',
  },
  {
    name: 'extension dup',
    proto:
      'syntax="proto2"; message A { extensions 100 to 200; } extend A { optional int32 a=100; optional int32 b=100; }',
    error:
      't.proto:1:105: extension number 100 of `A` is used by `a` in "t.proto" already (b): give one of the two another number',
  },
  {
    name: 'extension required',
    proto: 'syntax="proto2"; message A { extensions 100 to 200; } extend A { required int32 a=100; }',
    error: 't.proto:1:66: an extension cannot be required (a)',
  },
  {
    name: 'extension json_name',
    proto: 'syntax="proto2"; message A { extensions 100 to 200; } extend A { optional int32 a=100 [json_name="x"]; }',
    error: 't.proto:1:88: an extension has no `json_name` (a)',
  },
  {
    name: 'extension undeclared',
    proto:
      'syntax="proto2"; message A { extensions 100 to 200 [declaration={number:101,full_name:".b",type:"int32"}]; } extend A { optional int32 a=100; }',
    error: 't.proto:1:138: `A` does not declare an extension 100 (a)',
  },
  {
    name: 'extension decl type',
    proto:
      'syntax="proto2"; message A { extensions 100 to 200 [declaration={number:101,full_name:".b",type:"int32"}]; } extend A { optional string b=101; }',
    error: 't.proto:1:130: extension 101 is declared with the type `int32` (b)',
  },
  {
    name: 'ext overlap',
    proto: 'syntax="proto2"; message A { extensions 100 to 200, 150; }',
    error: 't.proto:1:53: extension range 150 overlaps with 100 to 200, which is in an extension range (A)',
  },
  {
    name: 'ext vs reserved',
    proto: 'syntax="proto2"; message A { extensions 100 to 200; reserved 150; }',
    error: 't.proto:1:41: extension range 100 to 200 overlaps with 150 to 150, which is reserved (A)',
  },
  {
    name: 'ext vs field',
    proto: 'syntax="proto2"; message A { extensions 100 to 200; optional int32 a=150; }',
    error: 't.proto:1:70: field number 150 is in an extension range (A.a): use another number',
  },
  {
    name: 'range backwards',
    proto: 'syntax="proto2"; message A { extensions 200 to 100; }',
    error: 't.proto:1:41: extension range 200 to 100 ends before it begins (A)',
  },
  {
    name: 'reserved zero',
    proto: 'syntax="proto2"; message A { reserved 0; }',
    error: 't.proto:1:39: reserved range 0: field numbers begin at 1 (A)',
  },
  {
    name: 'proto3 extend message',
    proto: 'syntax="proto3"; import "options.proto"; extend torture.options.Node { string zz=150; }',
    error: 't.proto:1:49: proto3 allows extensions for custom options only (zz)',
  },
  {
    name: 'lazy scalar',
    proto: 'syntax="proto3"; message A { int32 a=1 [lazy=true]; }',
    error: 't.proto:1:40: `lazy` is for message fields only (A.a)',
  },
  {
    name: 'packed string',
    proto: 'syntax="proto3"; message A { repeated string a=1 [packed=true]; }',
    error: 't.proto:1:50: `packed` is for repeated fields of numbers, bools and enums only (A.a)',
  },
  {
    name: 'jstype string',
    proto: 'syntax="proto3"; message A { string a=1 [jstype=JS_STRING]; }',
    error: 't.proto:1:41: `jstype` is for 64-bit integers only (A.a)',
  },
  { name: 'ctype int', proto: 'syntax="proto3"; message A { int32 a=1 [ctype=CORD]; }', error: undefined },
  {
    name: 'map_entry by hand',
    proto: 'syntax="proto3"; message A { option map_entry=true; int32 key=1; int32 value=2; }',
    error: 't.proto:1:30: `map_entry` is not to be set by hand (A): use a field of type `map<…, …>`',
  },
  {
    name: 'default bad enum',
    proto: 'syntax="proto2"; enum E{A=0;} message M { optional E e=1 [default=B]; }',
    error: 't.proto:1:67: enum `E` has no value `B` (M.e): did you mean `A`?',
  },
  {
    name: 'default repeated',
    proto: 'syntax="proto2"; message M { repeated int32 e=1 [default=1]; }',
    error: 't.proto:1:58: a repeated field has no default value (M.e)',
  },
  {
    name: 'default range',
    proto: 'syntax="proto2"; message M { optional int32 e=1 [default=2147483648]; }',
    error: 't.proto:1:58: the default value must be from -2147483648 to 2147483647 (M.e)',
  },
  {
    name: 'default uint neg',
    proto: 'syntax="proto2"; message M { optional uint32 e=1 [default=-1]; }',
    error: 't.proto:1:59: the default value must be from 0 to 4294967295 (M.e)',
  },
  {
    name: 'default message',
    proto: 'syntax="proto2"; message M { optional M e=1 [default=1]; }',
    error: 't.proto:1:54: a message field has no default value (M.e)',
  },
  {
    name: 'dup message',
    proto: 'syntax="proto3"; message A {} message A {}',
    error: 't.proto:1:39: `A` is defined in this file already (A): give one of the two another name',
  },
  { name: 'message vs package', proto: 'syntax="proto3"; package a.b; message a {}', error: undefined },
  {
    name: 'two packages',
    proto: 'syntax="proto3"; package a; package b;',
    error: 't.proto:1:29: a file has one `package` only',
  },
  { name: 'import after message', proto: 'syntax="proto3"; message A{} import "options.proto";', error: undefined },
  {
    name: 'syntax late',
    proto: 'message A{} syntax="proto3";',
    error: 't.proto:1:13: `syntax` must be the first statement of the file, once',
  },
  { name: 'no syntax', proto: 'message A{ optional int32 a = 1; }', error: undefined },
  {
    name: 'octal bad',
    proto: 'syntax="proto2"; message M { optional int32 e=09; }',
    error: 't.proto:1:48: a number that begins with a zero is octal: only digits 0 to 7',
  },
  {
    name: 'bad escape',
    proto: 'syntax="proto3"; option java_package = "\\q";',
    error: 't.proto:1:41: invalid escape `\\q` in a string',
  },
  {
    name: 'number then ident',
    proto: 'syntax="proto3"; message M { int32 e=1a; }',
    error: 't.proto:1:39: a space is needed between a number and an identifier',
  },
  { name: 'control char', proto: 'syntax="proto3"; message M {  }', error: undefined },
  {
    name: 'shadowed',
    proto: 'syntax="proto3"; package a.b; message b { message Z{} } message M { b.X x=1; } ',
    error:
      't.proto:1:69: type `b.X` is read as `a.b.b.X`, which does not exist (a.b.M.x): write `.b.X` if a full name is meant: the innermost scope that has its first part decides',
  },
  {
    name: 'leading dot',
    proto: 'syntax="proto3"; package a; message M { .M x=1; } ',
    error: 't.proto:1:41: type `.M` does not exist (a.M.x): did you mean `a.M`?',
  },
  { name: 'deep message 31', proto: 'syntax = "proto3"; ' + nested(31), error: undefined },
  {
    name: 'group lowercase',
    proto: 'syntax="proto2"; message A { optional group g=1 {} }',
    error: 't.proto:1:45: the name of a group begins with a capital letter',
  },
  {
    name: 'weak import 2024',
    proto: 'edition="2024"; import weak "options.proto";',
    error: 't.proto:1:24: `import weak` is not in edition 2024: use `import option` or a plain `import`',
  },
  {
    name: 'import option then import',
    proto:
      'edition="2024"; import option "options.proto"; import "google/protobuf/empty.proto"; message A { google.protobuf.Empty e=1; }',
    error: 't.proto:1:48: an `import` after an `import option`: put the `import option` statements last',
  },
  {
    name: 'import option type use',
    proto: 'edition="2024"; import option "options.proto"; message A { torture.options.Node n=1; }',
    error:
      't.proto:1:60: type `torture.options.Node` is in "options.proto", which is not imported (A.n): add `import "options.proto";`',
  },
  {
    name: 'local type',
    proto: 'edition="2024"; import "edition2024_other.proto"; message A { torture.e2024.other.Shared.Own n=1; }',
    error:
      't.proto:1:63: `torture.e2024.other.Shared.Own` is local to "edition2024_other.proto" (A.n): mark it `export` there',
  },
  {
    name: 'ctype 2024',
    proto: 'edition="2024"; message A { string a=1 [ctype=CORD]; }',
    error: 't.proto:1:41: option `ctype` is not in edition 2024 and later (A.a)',
  },
  {
    name: 'java_multiple_files 2024',
    proto: 'edition="2024"; option java_multiple_files=true;',
    error: 't.proto:1:24: option `java_multiple_files` is not in edition 2024 and later',
  },
  {
    name: 'extend nothing',
    proto: 'syntax="proto2"; import "options.proto"; extend torture.options.Node { }',
    error: 't.proto:1:72: nothing is declared in `extend torture.options.Node`',
  },
  {
    name: 'rpc scalar',
    proto: 'syntax="proto3"; service S { rpc A(int32) returns (int32); }',
    error: 't.proto:1:36: the request type must be a message, not the scalar `int32`',
  },
  {
    name: 'message named keyword field',
    proto: 'syntax="proto3"; message A { message message = 1; }',
    error: 't.proto:1:46: expected `{` after the name of a message, found `=`',
  },
  {
    name: 'stmt junk',
    proto: 'syntax="proto3"; foo bar;',
    error:
      't.proto:1:18: expected a top-level statement, found `foo`: `message`, `enum`, `service`, `extend`, `import`, `package` or `option`',
  },
  {
    name: 'verification',
    proto:
      'syntax="proto2"; message A { extensions 100 to 200 [verification=DECLARATION]; } extend A { optional int32 a=100; }',
    error: 't.proto:1:110: `A` does not declare an extension 100 (a)',
  },
  {
    name: 'field opts missing bracket',
    proto: 'syntax="proto3"; message A { int32 a=1 [deprecated=true; }',
    error: 't.proto:1:56: expected `]` after options, found `;`',
  },
  {
    name: 'empty brackets',
    proto: 'syntax="proto3"; message A { int32 a=1 []; }',
    error: 't.proto:1:41: expected the name of an option, found `]`',
  },
  {
    name: 'label twice',
    proto: 'syntax="proto3"; message A { repeated optional int32 a=1; }',
    error: 't.proto:1:54: expected `=` and a number after the name of a field, found `a`',
  },
  {
    name: 'any bad type',
    proto:
      'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = { any { [type.googleapis.com/no.Such] {} } }; }',
    error: 't.proto:1:94: message `no.Such` does not exist or is not imported (A)',
  },
  {
    name: 'any bad prefix',
    proto:
      'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = { any { [x.com/torture.options.Item] {} } }; }',
    error:
      't.proto:1:94: type URL `x.com/torture.options.Item` must begin with type.googleapis.com/ or type.googleprod.com/ (A)',
  },
  {
    name: 'reserved identical names',
    proto: 'syntax="proto3"; message A { reserved "a","a"; }',
    error: 't.proto:1:43: name `a` is reserved twice (A)',
  },
  {
    name: 'json name bracket',
    proto: 'syntax="proto3"; message A { int32 a=1 [json_name="[a]"]; }',
    error: 't.proto:1:41: JSON name "[a]" looks like that of an extension (A.a): leave the brackets out',
  },
  {
    name: 'target type',
    proto:
      'syntax="proto2"; import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { optional int32 x=50001 [targets=TARGET_TYPE_FILE]; } message A { optional int32 a=1 [(x)=1]; }',
    error: 't.proto:1:184: option `x` cannot be set on a field (A.a)',
  },
  {
    name: 'option int overflow',
    proto:
      'syntax="proto2"; import "options.proto"; message A { optional int32 a=1 [(torture.options.fixed)=4294967296]; }',
    error: 't.proto:1:98: 4294967296 is out of range: `fixed` takes 0 to 4294967295 (A.a)',
  },
  {
    name: 'option negative unsigned',
    proto: 'syntax="proto2"; import "options.proto"; message A { optional int32 a=1 [(torture.options.big)=-1]; }',
    error: 't.proto:1:96: -1 is out of range: `big` takes 0 to 18446744073709551615 (A.a)',
  },
  {
    name: 'option not a message',
    proto: 'syntax="proto2"; import "options.proto"; message A { optional int32 a=1 [(torture.options.big).x=1]; }',
    error: 't.proto:1:74: option `torture.options.big` is not a message and has no fields (A.a)',
  },
  {
    name: 'option ext wrong kind',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.big)=1; }',
    error:
      't.proto:1:61: `(torture.options.big)` is not an option here: it does not extend `google.protobuf.MessageOptions` (A)',
  },
  {
    name: 'repeated message dotted',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node_list).s="x"; }',
    error: 't.proto:1:61: option `torture.options.node_list` is repeated: set it with a value in braces (A)',
  },
  {
    name: 'repeated list option',
    proto: 'syntax="proto2"; import "options.proto"; option (torture.options.file_numbers) = [1,2]; ',
    error: 't.proto:1:82: expected a value, found `[`',
  },
  {
    name: 'missing required in aggregate',
    proto:
      'syntax="proto2"; import "google/protobuf/descriptor.proto"; message R { required int32 a=1; } extend google.protobuf.MessageOptions { optional R r=50001; } message A { option (r) = {}; }',
    error: 't.proto:1:182: required field `a` of `R` is missing (A)',
  },
  { name: 'bom', proto: '\uFEFFsyntax="proto3"; message A{}', error: undefined },
  {
    name: 'fully qualified ext',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (.torture.options.node) = {s:"x"}; }',
    error: undefined,
  },
  {
    name: 'float int in aggregate',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {n: 1.5}; }',
    error: 't.proto:1:90: `n` takes an integer (A)',
  },
  {
    name: 'string to number',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {n: "1"}; }',
    error: 't.proto:1:90: `n` takes an integer (A)',
  },
  {
    name: 'enum number aggregate',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {color: 99}; }',
    error: 't.proto:1:94: enum `torture.options.Color` has no value 99 (A)',
  },
  {
    name: 'bool t',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {yes: t}; }',
    error: undefined,
  },
  {
    name: 'list for singular',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {n: [1]}; }',
    error: 't.proto:1:90: `n` is not repeated and takes no list (A)',
  },
  {
    name: 'empty list',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {colors: []}; }',
    error: undefined,
  },
  {
    name: 'dup map keys',
    proto:
      'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {counts {key:"a" value:1} counts {key:"a" value:2}}; }',
    error: undefined,
  },
  {
    name: 'method named like type',
    proto: 'syntax="proto3"; message M{} service S { rpc M(M) returns (M); }',
    error: 't.proto:1:48: request type `M` is a method here (S.M): write it with its package and a leading dot',
  },
  {
    name: 'nested option scope',
    proto:
      'syntax="proto2"; import "google/protobuf/descriptor.proto"; message A { extend google.protobuf.FieldOptions { optional int32 y=50077; } optional int32 a=1 [(y)=1]; optional int32 b=2 [(A.y)=2]; }',
    error: undefined,
  },
  {
    name: 'deep message 32',
    proto: 'syntax = "proto3"; ' + nested(32),
    error: 't.proto:1:402: messages nest deeper than 31 levels',
  },
  {
    name: 'deep message 33',
    proto: 'syntax = "proto3"; ' + nested(33),
    error: 't.proto:1:402: messages nest deeper than 31 levels',
  },
  {
    name: 'deep message 34',
    proto: 'syntax = "proto3"; ' + nested(34),
    error: 't.proto:1:402: messages nest deeper than 31 levels',
  },
  {
    name: 'json both custom proto2',
    proto: 'syntax="proto2"; message A { optional int32 a=1 [json_name="x"]; optional int32 c=2 [json_name="x"]; }',
    error: 't.proto:1:86: JSON name "x" is that of `a` already (A.c): set another `json_name` on one of them',
  },
  {
    name: 'json custom proto3',
    proto: 'syntax="proto3"; message A { int32 a_b=1; int32 c=2 [json_name="aB"]; }',
    error: 't.proto:1:54: JSON name "aB" is that of `a_b` already (A.c): set another `json_name` on one of them',
  },
  { name: '2026 nested', proto: 'edition="2026"; message A { message B { int32 a = 1; } B b = 1; }', error: undefined },
  {
    name: '2026 export nested',
    proto: 'edition="2026"; export message A { export message B { int32 a = 1; } B b = 1; }',
    error:
      't.proto:1:43: nested type `B` cannot be `export` where `default_symbol_visibility` is STRICT (A.B): move it to the top level',
  },
  {
    name: '2024 strict',
    proto: 'edition="2024"; option features.default_symbol_visibility = STRICT; message A { export message B {} }',
    error:
      't.proto:1:88: nested type `B` cannot be `export` where `default_symbol_visibility` is STRICT (A.B): move it to the top level',
  },
  {
    name: 'stream type',
    proto: 'syntax="proto3"; message stream { } service S { rpc A(stream stream) returns (.stream); }',
    error: undefined,
  },
  {
    name: 'option in enum value brackets aggregate',
    proto:
      'syntax="proto2"; import "options.proto"; enum E { A=0 [(torture.options.value_text)="x", deprecated=true]; }',
    error: undefined,
  },
  {
    name: 'ext number max',
    proto: 'syntax="proto2"; message A { extensions 4 to max; } extend A { optional int32 a=536870911; }',
    error: undefined,
  },
  {
    name: 'reserved max then number',
    proto: 'syntax="proto3"; message A { reserved 5 to max; int32 a=536870911; }',
    error: 't.proto:1:57: field number 536870911 is reserved (A.a): use another number',
  },
  { name: 'string adjacency import', proto: 'syntax="proto3"; import "opt" "ions.proto";', error: undefined },
  { name: 'hex float', proto: 'syntax="proto2"; message A { optional double a=1 [default=0x10]; }', error: undefined },
  {
    name: 'float suffix',
    proto: 'syntax="proto2"; message A { optional double a=1 [default=1.5f]; }',
    error: 't.proto:1:62: a space is needed between a number and an identifier',
  },
  {
    name: 'big int default double',
    proto: 'syntax="proto2"; message A { optional double a=1 [default=123456789012345678901234567890]; }',
    error: undefined,
  },
  {
    name: 'infinity',
    proto: 'syntax="proto2"; message A { optional double a=1 [default=infinity]; }',
    error: 't.proto:1:59: the default value of this field must be a number (A.a)',
  },
  {
    name: 'plus number',
    proto: 'syntax="proto2"; message A { optional double a=1 [default=+1]; }',
    error: 't.proto:1:59: expected a value, found `+`',
  },
  {
    name: 'negative inf option',
    proto: 'syntax="proto2"; import "options.proto"; message A { optional int32 a=1 [(torture.options.ratio)=-inf]; }',
    error: undefined,
  },
  {
    name: 'semicolons in aggregates',
    proto: 'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {s: "x"; n: 1,}; }',
    error: undefined,
  },
  {
    name: 'comment styles',
    proto: 'syntax="proto2"; # no',
    error:
      't.proto:1:18: expected a top-level statement, found `#`: `message`, `enum`, `service`, `extend`, `import`, `package` or `option`',
  },
  {
    name: 'shell comments in aggregate',
    proto:
      'syntax="proto2"; import "options.proto"; message A { option (torture.options.node) = {s: "x" /* c */ // d\nn: 1}; }',
    error: undefined,
  },
  {
    name: 'field name same as oneof',
    proto: 'syntax="proto3"; message A { oneof a { int32 a=1; } }',
    error: 't.proto:1:36: oneof `a`: `A` has something of this name already (A.a): give one of the two another name',
  },
  {
    name: 'nested vs field name',
    proto: 'syntax="proto3"; message A { message B{} B B=1; }',
    error: 't.proto:1:44: field `B`: `A` has something of this name already (A.B): give one of the two another name',
  },
  {
    name: 'enum value vs message',
    proto: 'syntax="proto3"; enum E { A=0; } message A{}',
    error: 't.proto:1:27: `A` is defined in this file already (A): give one of the two another name',
  },
  {
    name: 'service vs message',
    proto: 'syntax="proto3"; message A{} service A{}',
    error: 't.proto:1:38: `A` is defined in this file already (A): give one of the two another name',
  },
  {
    name: 'public import chain',
    proto: 'syntax="proto3"; import "proto3.proto"; message A { torture.scope.outer.Shared x = 1; }',
    error:
      't.proto:1:53: type `torture.scope.outer.Shared` is in "scopes/shared.proto", which is not imported (A.x): add `import "scopes/shared.proto";`',
  },
  {
    name: 'uninterpreted',
    proto: 'syntax="proto3"; option uninterpreted_option = {};',
    error: 't.proto:1:18: `uninterpreted_option` is not to be set by hand',
  },
  {
    name: 'proto3 optional in oneof',
    proto: 'syntax="proto3"; message A { optional int32 a = 1; oneof _a { int32 b = 2; } }',
    error: undefined,
  },
  {
    name: 'msgset field',
    proto:
      'syntax="proto2"; message A { option message_set_wire_format=true; optional int32 a=1; extensions 4 to max; }',
    error: 't.proto:1:67: a message set has no fields, only extensions (A)',
  },
  {
    name: 'msgset no ext',
    proto: 'syntax="proto2"; message A { option message_set_wire_format=true; }',
    error: undefined,
  },
  {
    name: 'debug',
    proto: 'syntax="proto3"; message A { int32 a = 1 [debug_redact=true, retention=RETENTION_SOURCE]; }',
    error: undefined,
  },
  {
    name: 'field name underscore digits',
    proto: 'syntax="proto3"; message A { int32 a1_2 = 1; int32 a12 = 2; }',
    error: 't.proto:1:52: JSON name "a12" is that of `a1_2` already (A.a12): set another `json_name` on one of them',
  },
  {
    name: "naming style of an enum's values",
    proto: 'edition="2024"; enum E { option features.enforce_naming_style = STYLE_LEGACY; kA = 0; }',
    error: undefined,
  },
  {
    name: "naming style of an enum's values, unchosen",
    proto: 'edition="2024"; enum F { option features.enforce_naming_style = STYLE_LEGACY; kB = 0; } enum E { kA = 0; }',
    error:
      't.proto:1:98: name `kA` is not in UPPER_SNAKE_CASE (kA): rename it, or set `features.enforce_naming_style = STYLE_LEGACY`',
  },
  {
    name: "naming style of a service's methods",
    proto:
      'edition="2024"; message M {} service S { option features.enforce_naming_style = STYLE_LEGACY; rpc get(M) returns (M); }',
    error: undefined,
  },
  {
    name: 'naming style of a method',
    proto: 'edition="2024"; message M {} service S { rpc get(M) returns (M); }',
    error:
      't.proto:1:46: name `get` is not in PascalCase (S.get): rename it, or set `features.enforce_naming_style = STYLE_LEGACY`',
  },
  {
    name: "naming style of a oneof's fields",
    proto:
      'edition="2024"; message M { oneof o { option features.enforce_naming_style = STYLE_LEGACY; int32 aB = 1; } }',
    error: undefined,
  },
  {
    name: "naming style of a message's fields",
    proto:
      'edition="2024"; message M { option features.enforce_naming_style = STYLE_LEGACY; int32 aB = 1; enum E { kX = 0; } }',
    error: undefined,
  },
  {
    name: 'proto2 file using edition 2023 open enum default',
    proto:
      'syntax="proto2"; import "edition2023.proto"; message M { optional torture.e2023.Message.Open o = 1 [default=ZERO]; }',
    error: undefined,
  },
  {
    name: 'proto3 using 2023 closed enum',
    proto: 'syntax="proto3"; import "edition2023.proto"; message M { torture.e2023.Closed o = 1; }',
    error:
      't.proto:1:58: enum `torture.e2023.Closed` is closed and cannot be the type of a proto3 field, or of one with implicit presence (M.o): closed enums are those of proto2 files',
  },
]
