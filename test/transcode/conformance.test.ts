import { describe, expect, test } from '@jest/globals'
import type { DescMessage } from '@bufbuild/protobuf'
import { tagOf, WireType, WireWriter } from '../../src/transcode/wire/writer.js'
import {
  Editions,
  fromHex,
  fromJsonText,
  hex,
  oracleFromJson,
  oracleToJson,
  Proto2,
  Proto3,
  thrownBy,
  withoutPlace,
  toJsonText,
} from './support.js'

/*
 * The JSON cases of the protobuf conformance suite (conformance/binary_json_conformance_suite.cc and, since 2026,
 * conformance/json_*_test.cc), under its names, on messages with the same field names. Where the suite looks at a
 * message in another form we look at canonical JSON, and the oracle has to read the same message from the wire.
 */

interface Row {
  readonly name: string
  readonly json: string
  /** Canonical JSON; absent: the input is canonical but for its spaces. */
  readonly gives?: string
  readonly desc?: DescMessage
  /** The oracle cannot say: the reason. */
  readonly noOracle?: string
}

const field = (name: string, value: string): string => `{"${name}":${value}}`

const int = (name: string, type: string, value: string, gives = value): Row => {
  const written = type.includes('64') ? `"${gives}"` : gives
  return { name, json: field(`optional${type}`, value), gives: field(`optional${type}`, written) }
}

const VALID: readonly Row[] = [
  { name: 'HelloWorld', json: '{"optionalString":"Hello, World!"}' },
  {
    name: 'FieldNameInSnakeCase',
    json: '{"fieldname1":1,"fieldName2":2,"FieldName3":3,"fieldName4":4}',
    gives: '{"fieldname1":1,"fieldName2":2,"FieldName3":3,"fieldName4":4}',
  },
  {
    name: 'FieldNameWithNumbers',
    json: '{"field0name5":5,"field0Name6":6}',
  },
  {
    name: 'FieldNameWithMixedCases',
    json: '{"fieldName7":7,"FieldName8":8,"fieldName9":9,"FieldName10":10,"FIELDNAME11":11,"FIELDName12":12}',
  },
  {
    name: 'FieldNameWithDoubleUnderscores',
    json: '{"FieldName13":13,"FieldName14":14,"fieldName15":15,"fieldName16":16,"fieldName17":17,"FieldName18":18}',
  },
  {
    name: 'OriginalProtoFieldName',
    json: '{"fieldname1":1,"field_name2":2,"_field_name3":3,"field__name4_":4,"field_0_name6":6,"FieldName8":8,"field_Name9":9,"FIELD_NAME11":11,"__field_name13":13,"field__Name16":16,"field_name17__":17}',
    gives:
      '{"fieldname1":1,"fieldName2":2,"FieldName3":3,"fieldName4":4,"field0Name6":6,"FieldName8":8,"fieldName9":9,"FIELDNAME11":11,"FieldName13":13,"fieldName16":16,"fieldName17":17}',
  },
  { name: 'FieldNameEscaped', json: '{"fieldn\\u0061me1":1}', gives: '{"fieldname1":1}' },
  { name: 'JsonNameOption', json: '{"@other-name":"x"}' },

  int('Int32FieldMaxValue', 'Int32', '2147483647'),
  int('Int32FieldMinValue', 'Int32', '-2147483648'),
  int('Uint32FieldMaxValue', 'Uint32', '4294967295'),
  int('Int64FieldMaxValue', 'Int64', '"9223372036854775807"', '9223372036854775807'),
  int('Int64FieldMinValue', 'Int64', '"-9223372036854775808"', '-9223372036854775808'),
  int('Uint64FieldMaxValue', 'Uint64', '"18446744073709551615"', '18446744073709551615'),
  int('Int64FieldMaxValueNotQuoted', 'Int64', '9223372036854774784'),
  int('Int64FieldMinValueNotQuoted', 'Int64', '-9223372036854775808'),
  int('Uint64FieldMaxValueNotQuoted', 'Uint64', '18446744073709549568'),
  int('Int32FieldExponentialFormat', 'Int32', '1e5', '100000'),
  int('Int32FieldMaxFloatValue', 'Int32', '2147483647.0', '2147483647'),
  int('Int32FieldMinFloatValue', 'Int32', '-2147483648.0', '-2147483648'),
  int('Uint32FieldMaxFloatValue', 'Uint32', '4294967295.0', '4294967295'),
  int('Int32FieldFloatTrailingZero', 'Int32', '100000.000', '100000'),
  int('Int32FieldStringValue', 'Int32', '"2147483647"', '2147483647'),
  int('Int32FieldStringValueEscaped', 'Int32', '"2\\u003147483647"', '2147483647'),
  int('Int32FieldQuotedExponentialValue', 'Int32', '"1e5"', '100000'),
  int('Int64FieldBeString', 'Int64', '1'),
  int('Uint64FieldBeString', 'Uint64', '1'),
  int('Sint32', 'Sint32', '-2147483648'),
  int('Sint64', 'Sint64', '"-9223372036854775808"', '-9223372036854775808'),
  int('Fixed32', 'Fixed32', '4294967295'),
  int('Fixed64', 'Fixed64', '"18446744073709551615"', '18446744073709551615'),
  int('Sfixed32', 'Sfixed32', '-2147483648'),
  int('Sfixed64', 'Sfixed64', '"-9223372036854775808"', '-9223372036854775808'),

  { name: 'BoolFieldTrue', json: '{"optionalBool":true}' },
  { name: 'BoolFieldFalse', json: '{"optionalBool":false}', gives: '{}' },

  { name: 'FloatFieldMinPositiveValue', json: '{"optionalFloat":1.175494e-38}' },
  { name: 'FloatFieldMaxNegativeValue', json: '{"optionalFloat":-1.175494e-38}' },
  { name: 'FloatFieldMaxPositiveValue', json: '{"optionalFloat":3.402823e+38}' },
  { name: 'FloatFieldMinNegativeValue', json: '{"optionalFloat":-3.402823e+38}' },
  { name: 'FloatFieldQuotedValue', json: '{"optionalFloat":"1"}', gives: '{"optionalFloat":1}' },
  { name: 'FloatFieldQuotedExponentialValue', json: '{"optionalFloat":"1e5"}', gives: '{"optionalFloat":100000}' },
  { name: 'FloatFieldNan', json: '{"optionalFloat":"NaN"}' },
  { name: 'FloatFieldInfinity', json: '{"optionalFloat":"Infinity"}' },
  { name: 'FloatFieldNegativeInfinity', json: '{"optionalFloat":"-Infinity"}' },
  { name: 'DoubleFieldMinPositiveValue', json: '{"optionalDouble":2.22507e-308}' },
  { name: 'DoubleFieldMaxNegativeValue', json: '{"optionalDouble":-2.22507e-308}' },
  { name: 'DoubleFieldMaxPositiveValue', json: '{"optionalDouble":1.79769e+308}' },
  { name: 'DoubleFieldMinNegativeValue', json: '{"optionalDouble":-1.79769e+308}' },
  { name: 'DoubleFieldQuotedValue', json: '{"optionalDouble":"1"}', gives: '{"optionalDouble":1}' },
  { name: 'DoubleFieldQuotedExponentialValue', json: '{"optionalDouble":"1e5"}', gives: '{"optionalDouble":100000}' },
  { name: 'DoubleFieldNan', json: '{"optionalDouble":"NaN"}' },
  { name: 'DoubleFieldInfinity', json: '{"optionalDouble":"Infinity"}' },
  { name: 'DoubleFieldNegativeInfinity', json: '{"optionalDouble":"-Infinity"}' },

  { name: 'EnumField', json: '{"optionalNestedEnum":"FOO"}', gives: '{}' },
  { name: 'EnumFieldNonZero', json: '{"optionalNestedEnum":"BAZ"}' },
  { name: 'EnumFieldNegative', json: '{"optionalNestedEnum":"NEG"}' },
  { name: 'EnumFieldWithAlias', json: '{"optionalAliasedEnum":"ALIAS_BAZ"}' },
  {
    name: 'EnumFieldWithAliasUseAlias',
    json: '{"optionalAliasedEnum":"MOO"}',
    gives: '{"optionalAliasedEnum":"ALIAS_BAZ"}',
  },
  {
    name: 'EnumFieldWithAliasLowerCase',
    json: '{"optionalAliasedEnum":"moo"}',
    gives: '{"optionalAliasedEnum":"ALIAS_BAZ"}',
  },
  {
    name: 'EnumFieldWithAliasDifferentCase',
    json: '{"optionalAliasedEnum":"bAz"}',
    gives: '{"optionalAliasedEnum":"ALIAS_BAZ"}',
  },
  { name: 'EnumFieldNumericValueZero', json: '{"optionalNestedEnum":0}', gives: '{}' },
  { name: 'EnumFieldNumericValueNonZero', json: '{"optionalNestedEnum":1}', gives: '{"optionalNestedEnum":"BAR"}' },
  { name: 'EnumFieldUnknownValue', json: '{"optionalNestedEnum":123}' },

  { name: 'StringField', json: '{"optionalString":"Hello world!"}' },
  { name: 'StringFieldUnicode', json: '{"optionalString":"谷歌"}' },
  {
    name: 'StringFieldEscape',
    json: '{"optionalString":"\\"\\\\\\/\\b\\f\\n\\r\\t"}',
    gives: '{"optionalString":"\\"\\\\/\\b\\f\\n\\r\\t"}',
  },
  { name: 'StringFieldUnicodeEscape', json: '{"optionalString":"\\u8C37\\u6B4C"}', gives: '{"optionalString":"谷歌"}' },
  {
    name: 'StringFieldUnicodeEscapeWithLowercaseHexLetters',
    json: '{"optionalString":"\\u8c37\\u6b4c"}',
    gives: '{"optionalString":"谷歌"}',
  },
  { name: 'StringFieldSurrogatePair', json: '{"optionalString":"\\uD83D\\uDE01"}', gives: '{"optionalString":"😁"}' },
  { name: 'StringFieldEmbeddedNull', json: '{"optionalString":"a\\u0000b"}' },

  { name: 'BytesField', json: '{"optionalBytes":"AQI="}' },
  { name: 'BytesFieldUnpadded', json: '{"optionalBytes":"AQI"}', gives: '{"optionalBytes":"AQI="}' },
  { name: 'BytesFieldBase64Url', json: '{"optionalBytes":"-_"}', gives: '{"optionalBytes":"+w=="}' },

  { name: 'MessageField', json: '{"optionalNestedMessage":{"a":1234}}' },

  { name: 'OneofZeroUint32', json: '{"oneofUint32":0}' },
  { name: 'OneofZeroMessage', json: '{"oneofNestedMessage":{}}' },
  { name: 'OneofZeroString', json: '{"oneofString":""}' },
  { name: 'OneofZeroBytes', json: '{"oneofBytes":""}' },
  { name: 'OneofZeroBool', json: '{"oneofBool":false}' },
  { name: 'OneofZeroUint64', json: '{"oneofUint64":"0"}' },
  { name: 'OneofZeroFloat', json: '{"oneofFloat":0}' },
  { name: 'OneofZeroDouble', json: '{"oneofDouble":0}' },
  { name: 'OneofZeroEnum', json: '{"oneofEnum":"FOO"}' },
  { name: 'OneofFieldNullFirst', json: '{"oneofUint32":null,"oneofString":"test"}', gives: '{"oneofString":"test"}' },
  { name: 'OneofFieldNullSecond', json: '{"oneofString":"test","oneofUint32":null}', gives: '{"oneofString":"test"}' },
  { name: 'OneofNullValue', json: '{"oneofNullValue":null}' },
  { name: 'OneofNullValueName', json: '{"oneofNullValue":"NULL_VALUE"}', gives: '{"oneofNullValue":null}' },
  { name: 'OneofValueNull', json: '{"oneofValue":null}' },

  { name: 'Int32MapField', json: '{"mapInt32Int32":{"1":2,"3":4}}' },
  { name: 'Uint32MapField', json: '{"mapUint32Uint32":{"1":2,"3":4}}' },
  { name: 'Int64MapField', json: '{"mapInt64Int64":{"1":2,"3":4}}', gives: '{"mapInt64Int64":{"1":"2","3":"4"}}' },
  { name: 'Uint64MapField', json: '{"mapUint64Uint64":{"1":2,"3":4}}', gives: '{"mapUint64Uint64":{"1":"2","3":"4"}}' },
  { name: 'Sint32MapField', json: '{"mapSint32Sint32":{"-1":-2}}' },
  { name: 'Sint64MapField', json: '{"mapSint64Sint64":{"-1":"-2"}}' },
  { name: 'Fixed32MapField', json: '{"mapFixed32Fixed32":{"4294967295":1}}' },
  { name: 'Fixed64MapField', json: '{"mapFixed64Fixed64":{"18446744073709551615":"1"}}' },
  { name: 'Sfixed32MapField', json: '{"mapSfixed32Sfixed32":{"-2147483648":1}}' },
  { name: 'Sfixed64MapField', json: '{"mapSfixed64Sfixed64":{"-9223372036854775808":"1"}}' },
  { name: 'BoolMapField', json: '{"mapBoolBool":{"true":true,"false":false}}' },
  { name: 'StringMapFieldProto', json: '{"mapStringString":{"__proto__":"a","constructor":"b","":"c"}}' },
  { name: 'MessageMapField', json: '{"mapStringNestedMessage":{"hello":{"a":1234},"world":{"a":5678}}}' },
  { name: 'EnumMapField', json: '{"mapStringNestedEnum":{"a":"FOO","b":"BAR"}}' },
  { name: 'Int32MapEscapedKey', json: '{"mapInt32Int32":{"\\u0031":2}}', gives: '{"mapInt32Int32":{"1":2}}' },
  { name: 'Int64MapEscapedKey', json: '{"mapInt64Int64":{"\\u0031":2}}', gives: '{"mapInt64Int64":{"1":"2"}}' },
  { name: 'BoolMapEscapedKey', json: '{"mapBoolBool":{"tr\\u0075e":true}}', gives: '{"mapBoolBool":{"true":true}}' },
  { name: 'MapValueNull', json: '{"mapStringValue":{"a":null}}' },

  { name: 'PrimitiveRepeatedField', json: '{"repeatedInt32":[1,2,3,4]}' },
  { name: 'EnumRepeatedField', json: '{"repeatedNestedEnum":["FOO","BAR","BAZ"]}' },
  { name: 'StringRepeatedField', json: '{"repeatedString":["Hello","world"]}' },
  { name: 'BytesRepeatedField', json: '{"repeatedBytes":["AAEC","AQI="]}' },
  { name: 'MessageRepeatedField', json: '{"repeatedNestedMessage":[{"a":1234},{"a":5678}]}' },
  {
    name: 'RepeatedNullValue',
    json: '{"repeatedNullValue":[null,"NULL_VALUE"]}',
    gives: '{"repeatedNullValue":[null,null]}',
  },

  {
    name: 'AllFieldAcceptNull',
    json: '{"optionalInt32":null,"optionalInt64":null,"optionalUint32":null,"optionalUint64":null,"optionalSint32":null,"optionalSint64":null,"optionalFixed32":null,"optionalFixed64":null,"optionalSfixed32":null,"optionalSfixed64":null,"optionalFloat":null,"optionalDouble":null,"optionalBool":null,"optionalString":null,"optionalBytes":null,"optionalNestedEnum":null,"optionalNestedMessage":null,"repeatedInt32":null,"repeatedNestedEnum":null,"repeatedNestedMessage":null,"mapInt32Int32":null,"mapBoolBool":null,"mapStringNestedMessage":null}',
    gives: '{}',
  },
  { name: 'NullValueInOtherField', json: '{"optionalNullValue":null}', gives: '{}' },
  { name: 'NullValueInOtherFieldName', json: '{"optionalNullValue":"NULL_VALUE"}', gives: '{}' },

  { name: 'OptionalBoolWrapper', json: '{"optionalBoolWrapper":false}' },
  { name: 'OptionalInt32Wrapper', json: '{"optionalInt32Wrapper":0}' },
  { name: 'OptionalUint32Wrapper', json: '{"optionalUint32Wrapper":0}' },
  { name: 'OptionalInt64Wrapper', json: '{"optionalInt64Wrapper":"0"}' },
  { name: 'OptionalUint64Wrapper', json: '{"optionalUint64Wrapper":"0"}' },
  { name: 'OptionalFloatWrapper', json: '{"optionalFloatWrapper":0}' },
  { name: 'OptionalDoubleWrapper', json: '{"optionalDoubleWrapper":0}' },
  { name: 'OptionalStringWrapper', json: '{"optionalStringWrapper":""}' },
  { name: 'OptionalBytesWrapper', json: '{"optionalBytesWrapper":""}' },
  {
    name: 'OptionalWrapperTypesWithNonDefaultValue',
    json: '{"optionalBoolWrapper":true,"optionalInt32Wrapper":1,"optionalInt64Wrapper":"1","optionalUint32Wrapper":1,"optionalUint64Wrapper":"1","optionalFloatWrapper":1,"optionalDoubleWrapper":1,"optionalStringWrapper":"1","optionalBytesWrapper":"AQI="}',
  },
  { name: 'RepeatedBoolWrapper', json: '{"repeatedBoolWrapper":[true,false]}' },
  { name: 'RepeatedInt32Wrapper', json: '{"repeatedInt32Wrapper":[0,1]}' },
  { name: 'RepeatedInt64Wrapper', json: '{"repeatedInt64Wrapper":["0","1"]}' },
  { name: 'RepeatedUint32Wrapper', json: '{"repeatedUint32Wrapper":[0,1]}' },
  { name: 'RepeatedUint64Wrapper', json: '{"repeatedUint64Wrapper":["0","1"]}' },
  { name: 'RepeatedFloatWrapper', json: '{"repeatedFloatWrapper":[0,1]}' },
  { name: 'RepeatedDoubleWrapper', json: '{"repeatedDoubleWrapper":[0,1]}' },
  { name: 'RepeatedStringWrapper', json: '{"repeatedStringWrapper":["","AQI="]}' },
  { name: 'RepeatedBytesWrapper', json: '{"repeatedBytesWrapper":["","AQI="]}' },
  {
    name: 'WrapperTypesWithNullValue',
    json: '{"optionalBoolWrapper":null,"optionalInt32Wrapper":null,"optionalStringWrapper":null,"repeatedBoolWrapper":null,"repeatedBytesWrapper":null}',
    gives: '{}',
  },

  { name: 'DurationMinValue', json: '{"optionalDuration":"-315576000000.999999999s"}' },
  { name: 'DurationMaxValue', json: '{"optionalDuration":"315576000000.999999999s"}' },
  {
    name: 'DurationRepeatedValue',
    json: '{"repeatedDuration":["1.5s","-1.5s"]}',
    gives: '{"repeatedDuration":["1.500s","-1.500s"]}',
  },
  { name: 'DurationNull', json: '{"optionalDuration":null}', gives: '{}' },
  { name: 'DurationNegativeNanos', json: '{"optionalDuration":"-0.5s"}', gives: '{"optionalDuration":"-0.500s"}' },
  {
    name: 'DurationHasZeroFractionalDigit',
    json: '{"optionalDuration":"1.000000000s"}',
    gives: '{"optionalDuration":"1s"}',
  },
  {
    name: 'DurationHas3FractionalDigits',
    json: '{"optionalDuration":"1.010000000s"}',
    gives: '{"optionalDuration":"1.010s"}',
  },
  {
    name: 'DurationHas6FractionalDigits',
    json: '{"optionalDuration":"1.000010000s"}',
    gives: '{"optionalDuration":"1.000010s"}',
  },
  { name: 'DurationHas9FractionalDigits', json: '{"optionalDuration":"1.000000010s"}' },

  { name: 'TimestampMinValue', json: '{"optionalTimestamp":"0001-01-01T00:00:00Z"}' },
  { name: 'TimestampMaxValue', json: '{"optionalTimestamp":"9999-12-31T23:59:59.999999999Z"}' },
  {
    name: 'TimestampRepeatedValue',
    json: '{"repeatedTimestamp":["0001-01-01T00:00:00Z","9999-12-31T23:59:59.999999999Z"]}',
  },
  {
    name: 'TimestampLeap',
    json: '{"optionalTimestamp":"1993-02-10T00:00:00.000Z"}',
    gives: '{"optionalTimestamp":"1993-02-10T00:00:00Z"}',
  },
  {
    name: 'TimestampWithPositiveOffset',
    json: '{"optionalTimestamp":"1970-01-01T08:00:01+08:00"}',
    gives: '{"optionalTimestamp":"1970-01-01T00:00:01Z"}',
  },
  {
    name: 'TimestampWithNegativeOffset',
    json: '{"optionalTimestamp":"1969-12-31T16:00:01-08:00"}',
    gives: '{"optionalTimestamp":"1970-01-01T00:00:01Z"}',
  },
  { name: 'TimestampNull', json: '{"optionalTimestamp":null}', gives: '{}' },
  { name: 'TimestampBeforeTheEpoch', json: '{"optionalTimestamp":"1969-12-31T23:59:59.999999999Z"}' },
  { name: 'TimestampLeapDay', json: '{"optionalTimestamp":"2000-02-29T12:34:56Z"}' },
  {
    name: 'TimestampZeroNormalized',
    json: '{"optionalTimestamp":"1969-12-31T16:00:00-08:00"}',
    gives: '{"optionalTimestamp":"1970-01-01T00:00:00Z"}',
  },
  {
    name: 'TimestampHasZeroFractionalDigit',
    json: '{"optionalTimestamp":"1970-01-01T00:00:00.000000000Z"}',
    gives: '{"optionalTimestamp":"1970-01-01T00:00:00Z"}',
  },
  {
    name: 'TimestampHas3FractionalDigits',
    json: '{"optionalTimestamp":"1970-01-01T00:00:00.010000000Z"}',
    gives: '{"optionalTimestamp":"1970-01-01T00:00:00.010Z"}',
  },
  {
    name: 'TimestampHas6FractionalDigits',
    json: '{"optionalTimestamp":"1970-01-01T00:00:00.000010000Z"}',
    gives: '{"optionalTimestamp":"1970-01-01T00:00:00.000010Z"}',
  },
  { name: 'TimestampHas9FractionalDigits', json: '{"optionalTimestamp":"1970-01-01T00:00:00.000000010Z"}' },

  { name: 'FieldMask', json: '{"optionalFieldMask":"foo,barBaz"}' },
  { name: 'EmptyFieldMask', json: '{"optionalFieldMask":""}' },
  { name: 'FieldMaskNested', json: '{"optionalFieldMask":"foo.barBaz.qux"}' },

  {
    name: 'Struct',
    json: '{"optionalStruct":{"nullValue":null,"intValue":1234,"boolValue":true,"doubleValue":1234.5678,"stringValue":"Hello world!","listValue":[1234,"5678"],"objectValue":{"value":0}}}',
  },
  { name: 'StructWithEmptyListValue', json: '{"optionalStruct":{"listValue":[]}}' },
  { name: 'StructEmpty', json: '{"optionalStruct":{}}' },
  { name: 'StructKeysOfObjectPrototype', json: '{"optionalStruct":{"__proto__":1,"toString":2}}' },
  { name: 'RepeatedStruct', json: '{"repeatedStruct":[{"a":1},{}]}' },
  { name: 'ValueAcceptInteger', json: '{"optionalValue":1}' },
  { name: 'ValueAcceptFloat', json: '{"optionalValue":1.5}' },
  { name: 'ValueAcceptBool', json: '{"optionalValue":false}' },
  { name: 'ValueAcceptNull', json: '{"optionalValue":null}' },
  { name: 'ValueAcceptString', json: '{"optionalValue":"hello"}' },
  { name: 'ValueAcceptList', json: '{"optionalValue":[0,"hello"]}' },
  { name: 'ValueAcceptObject', json: '{"optionalValue":{"value":1}}' },
  { name: 'RepeatedValue', json: '{"repeatedValue":[["a"],null,1]}' },
  { name: 'RepeatedListValue', json: '{"repeatedListValue":[["a"],[]]}' },

  {
    name: 'Any',
    json: '{"optionalAny":{"@type":"type.googleapis.com/protobridge.test.proto3.AllTypes","optionalInt32":12345}}',
  },
  {
    name: 'AnyNested',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"type.googleapis.com/protobridge.test.proto3.AllTypes","optionalInt32":12345}}}',
  },
  {
    name: 'AnyUnorderedTypeTag',
    json: '{"optionalAny":{"optionalInt32":12345,"@type":"type.googleapis.com/protobridge.test.proto3.AllTypes"}}',
    gives: '{"optionalAny":{"@type":"type.googleapis.com/protobridge.test.proto3.AllTypes","optionalInt32":12345}}',
  },
  {
    name: 'AnyWithInt32ValueWrapper',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Int32Value","value":12345}}',
  },
  {
    name: 'AnyWithDuration',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.500s"}}',
  },
  {
    name: 'AnyWithTimestamp',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}}',
  },
  {
    name: 'AnyWithFieldMask',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.FieldMask","value":"foo,barBaz"}}',
  },
  {
    name: 'AnyWithStruct',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Struct","value":{"foo":1}}}',
  },
  {
    name: 'AnyWithValueForJsonObject',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Value","value":{"foo":1}}}',
  },
  {
    name: 'AnyWithValueForInteger',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Value","value":1}}',
  },
  {
    name: 'AnyWithValueNull',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Value","value":null}}',
  },
  {
    name: 'AnyWithListValue',
    json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.ListValue","value":[1,[]]}}',
  },
  { name: 'AnyWithEmpty', json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Empty"}}' },
  { name: 'AnyEmpty', json: '{"optionalAny":{}}' },
  { name: 'AnyNull', json: '{"optionalAny":null}', gives: '{}' },
  {
    name: 'RepeatedAny',
    json: '{"repeatedAny":[{"@type":"a/google.protobuf.Empty"},{}]}',
    noOracle: 'the oracle rewrites the type URL',
  },
  { name: 'Empty', json: '{"optionalEmpty":{}}' },

  { name: 'Proto3Optional', json: '{"presentInt32":0,"presentString":"","presentEnum":"FOO"}' },
  { name: 'NegativeZero', json: '{"optionalDouble":-0}', noOracle: 'the oracle writes -0 as 0' },
  {
    name: 'NegativeZeroFloat',
    json: '{"optionalFloat":-0.0}',
    gives: '{"optionalFloat":-0}',
    noOracle: 'the oracle writes -0 as 0',
  },

  {
    name: 'Proto2.Defaults',
    desc: Proto2,
    json: '{"optionalInt32":0,"optionalString":"","defaultInt32":-123456789,"defaultString":"Rosebud"}',
  },
  { name: 'Proto2.Group', desc: Proto2, json: '{"data":{"groupInt32":1,"groupUint32":2}}' },
  { name: 'Proto2.RepeatedGroup', desc: Proto2, json: '{"multiwordgroupfield":[{"groupInt32":1},{}]}' },
  { name: 'Proto2.OneofGroup', desc: Proto2, json: '{"oneofgroup":{"a":1}}' },
  {
    name: 'Proto2.Extensions',
    desc: Proto2,
    json: '{"[protobridge.test.proto2.extension_int32]":1,"[protobridge.test.proto2.extension_strings]":["a","b"],"[protobridge.test.proto2.extension_message]":{"a":2},"[protobridge.test.proto2.groupfield]":{"groupInt32":3},"[protobridge.test.proto2.Scope.nested_extension]":{"name":"x"}}',
  },
  {
    name: 'Proto2.ClosedEnum',
    desc: Proto2,
    json: '{"optionalNestedEnum":"NEG","repeatedNestedEnum":["FOO","BAZ"],"mapStringNestedEnum":{"a":"BAR"}}',
  },
  {
    name: 'Editions.Presence',
    desc: Editions,
    json: '{"explicitInt32":0,"implicitInt32":0}',
    gives: '{"explicitInt32":0}',
  },
  {
    name: 'Editions.Delimited',
    desc: Editions,
    json: '{"delimited":{"a":1,"corecursive":{"delimited":{"a":2}}},"delimitedList":[{"a":3},{}],"nestedMap":{"k":{"a":4}}}',
  },
  { name: 'Editions.RepeatedEncoding', desc: Editions, json: '{"expanded":[1,2],"packed":[3,4]}' },
]

describe('JSON the suite accepts', () => {
  test.each(VALID)('$name', ({ json, gives = json, desc = Proto3, noOracle }) => {
    const wire = fromJsonText(desc, json)
    expect(toJsonText(desc, wire)).toBe(gives)
    if (noOracle === undefined) expect(oracleToJson(desc, wire)).toBe(oracleToJson(desc, oracleFromJson(desc, json)))
  })
})

interface BadRow {
  readonly name: string
  readonly json: string
  readonly error: string
  readonly desc?: DescMessage
}

const bad = (name: string, json: string, error: string): BadRow => ({ name, json, error })

const INVALID: readonly BadRow[] = [
  bad(
    'FieldNameDuplicate',
    '{"optionalNestedMessage":{"a":1},"optionalNestedMessage":{}}',
    'optionalNestedMessage: the key "optionalNestedMessage" stands twice in its object, at line 1 column 34',
  ),
  bad(
    'FieldNameDuplicateDifferentCasing1',
    '{"optional_nested_message":{"a":1},"optionalNestedMessage":{}}',
    'optionalNestedMessage: given as both optionalNestedMessage and optional_nested_message',
  ),
  bad(
    'FieldNameNotQuoted',
    '{fieldname1:1}',
    'the body is not JSON: expected a key in double quotes, found "f", at line 1 column 2',
  ),
  bad(
    'TrailingCommaInAnObject',
    '{"fieldname1":"1",}',
    'the body is not JSON: expected a key in double quotes, found "}", at line 1 column 19',
  ),
  bad(
    'TrailingCommaInAnObjectWithNewlines',
    '{\n"fieldname1":"1",\n}',
    'the body is not JSON: expected a key in double quotes, found "}", at line 3 column 1',
  ),
  bad(
    'JsonWithComments',
    '{"fieldname1":1/*c*/}',
    'the body is not JSON: expected "," or "}", found "/", at line 1 column 16',
  ),
  bad(
    'MissingCommaOneline',
    '{"fieldname1":"1" "fieldName2":2}',
    'the body is not JSON: expected "," or "}", found "\\"", at line 1 column 19',
  ),
  bad(
    'StringEndsWithEscapeChar',
    '{"optionalString":"abc\\',
    'the body is not JSON: an escape that does not exist, at line 1 column 23',
  ),
  bad('UnknownField', '{"optionalInt33":1}', 'optionalInt33: no such field; did you mean optionalInt32?'),
  bad('UnknownFieldNull', '{"x":null}', 'x: no such field'),

  bad('Int32FieldTooLarge', '{"optionalInt32":2147483648}', 'optionalInt32: 2147483648 is out of the range of int32'),
  bad('Int32FieldTooSmall', '{"optionalInt32":-2147483649}', 'optionalInt32: -2147483649 is out of the range of int32'),
  bad(
    'Uint32FieldTooLarge',
    '{"optionalUint32":4294967296}',
    'optionalUint32: 4294967296 is out of the range of uint32',
  ),
  bad(
    'Int64FieldTooLarge',
    '{"optionalInt64":"9223372036854775808"}',
    'optionalInt64: "9223372036854775808" is out of the range of int64',
  ),
  bad(
    'Int64FieldTooSmall',
    '{"optionalInt64":"-9223372036854775809"}',
    'optionalInt64: "-9223372036854775809" is out of the range of int64',
  ),
  bad(
    'Uint64FieldTooLarge',
    '{"optionalUint64":"18446744073709551616"}',
    'optionalUint64: "18446744073709551616" is out of the range of uint64',
  ),
  bad('Uint64FieldNegative', '{"optionalUint64":"-1"}', 'optionalUint64: "-1" is out of the range of uint64'),
  bad('Uint32FieldNegative', '{"optionalUint32":-1}', 'optionalUint32: -1 is out of the range of uint32'),
  bad('Int32FieldNotInteger', '{"optionalInt32":0.5}', 'optionalInt32: 0.5 is not an int32'),
  bad('Int32FieldQuotedNotInteger', '{"optionalInt32":"0.5"}', 'optionalInt32: "0.5" is not an int32'),
  bad('Uint32FieldNotInteger', '{"optionalUint32":0.5}', 'optionalUint32: 0.5 is not a uint32'),
  bad('Int64FieldNotInteger', '{"optionalInt64":"0.5"}', 'optionalInt64: "0.5" is not an int64'),
  bad('Int32FieldNotNumber', '{"optionalInt32":"3x3"}', 'optionalInt32: "3x3" is not an int32'),
  bad('Int32FieldBool', '{"optionalInt32":true}', 'optionalInt32: true is not a number'),
  bad('Int32FieldEmptyString', '{"optionalInt32":""}', 'optionalInt32: "" is not an int32'),
  bad('Int32FieldStringValuePartiallyNumeric', '{"optionalInt32":"12abc"}', 'optionalInt32: "12abc" is not an int32'),
  bad('Int32FieldStringValueWithSpace', '{"optionalInt32":"12 34"}', 'optionalInt32: "12 34" is not an int32'),
  bad('Int32FieldStringValueWithComma', '{"optionalInt32":"12,34"}', 'optionalInt32: "12,34" is not an int32'),
  bad('Int32FieldLeadingSpace', '{"optionalInt32":" 1"}', 'optionalInt32: " 1" is not an int32'),
  bad('Int32FieldTrailingSpace', '{"optionalInt32":"1 "}', 'optionalInt32: "1 " is not an int32'),
  bad(
    'Int32FieldPlusSign',
    '{"optionalInt32":+1}',
    'the body is not JSON: expected a value, found "+", at line 1 column 18',
  ),
  bad('Int32FieldQuotedPlusSign', '{"optionalInt32":"+1"}', 'optionalInt32: "+1" is not an int32'),
  bad(
    'Int32FieldLeadingZero',
    '{"optionalInt32":01}',
    'the body is not JSON: expected "," or "}", found "1", at line 1 column 19',
  ),
  bad('Int32FieldQuotedLeadingZero', '{"optionalInt32":"01"}', 'optionalInt32: "01" is not an int32'),
  bad(
    'Int32FieldNegativeWithLeadingZero',
    '{"optionalInt32":-01}',
    'the body is not JSON: expected "," or "}", found "1", at line 1 column 20',
  ),
  bad(
    'Int32FieldArabicIndicDigits',
    '{"optionalInt32":"\u0661\u0662"}',
    'optionalInt32: "\u0661\u0662" is not an int32',
  ),
  bad('Int32FieldFullwidthDigits', '{"optionalInt32":"\uff11"}', 'optionalInt32: "\uff11" is not an int32'),
  bad(
    'Int32FieldHugeExponent',
    '{"optionalInt32":"1e536870000"}',
    'optionalInt32: "1e536870000" is out of the range of int32',
  ),
  bad(
    'Int64FieldHugeExponent',
    '{"optionalInt64":1e536870000}',
    'optionalInt64: 1e536870000 is out of the range of int64',
  ),
  bad('Int64FieldTinyExponent', '{"optionalInt64":1e-536870000}', 'optionalInt64: 1e-536870000 is not an int64'),
  bad('Int32FieldNull.List', '{"repeatedInt32":[1,null,2]}', 'repeatedInt32[1]: null is not an item of a list'),

  bad('BoolFieldIntegerZero', '{"optionalBool":0}', 'optionalBool: 0 is not a bool'),
  bad('BoolFieldIntegerOne', '{"optionalBool":1}', 'optionalBool: 1 is not a bool'),
  bad(
    'BoolFieldCamelCaseTrue',
    '{"optionalBool":True}',
    'the body is not JSON: expected a value, found "T", at line 1 column 17',
  ),
  bad(
    'BoolFieldAllCapitalFalse',
    '{"optionalBool":FALSE}',
    'the body is not JSON: expected a value, found "F", at line 1 column 17',
  ),
  bad('BoolFieldDoubleQuotedTrue', '{"optionalBool":"true"}', 'optionalBool: "true" is not a bool'),

  bad(
    'FloatFieldNanNotQuoted',
    '{"optionalFloat":NaN}',
    'the body is not JSON: expected a value, found "N", at line 1 column 18',
  ),
  bad(
    'FloatFieldInfinityNotQuoted',
    '{"optionalFloat":Infinity}',
    'the body is not JSON: expected a value, found "I", at line 1 column 18',
  ),
  bad(
    'FloatFieldNegativeInfinityNotQuoted',
    '{"optionalFloat":-Infinity}',
    'the body is not JSON: expected a digit, found "I", at line 1 column 19',
  ),
  bad(
    'FloatFieldTooSmall',
    '{"optionalFloat":-3.502823e+38}',
    'optionalFloat: -3.502823e+38 is out of the range of float',
  ),
  bad(
    'FloatFieldTooLarge',
    '{"optionalFloat":3.502823e+38}',
    'optionalFloat: 3.502823e+38 is out of the range of float',
  ),
  bad('FloatFieldEmptyString', '{"optionalFloat":""}', 'optionalFloat: "" is not a float'),
  bad('FloatFieldNotANumber', '{"optionalFloat":"abc"}', 'optionalFloat: "abc" is not a float'),
  bad('FloatFieldBool', '{"optionalFloat":false}', 'optionalFloat: false is not a number'),
  bad(
    'DoubleFieldTooSmall',
    '{"optionalDouble":-1.89769e+308}',
    'optionalDouble: -1.89769e+308 is out of the range of double',
  ),
  bad(
    'DoubleFieldTooLarge',
    '{"optionalDouble":1.89769e+308}',
    'optionalDouble: 1.89769e+308 is out of the range of double',
  ),
  bad(
    'DoubleFieldNanNotQuoted',
    '{"optionalDouble":NaN}',
    'the body is not JSON: expected a value, found "N", at line 1 column 19',
  ),
  bad('DoubleFieldLowerCaseInfinity', '{"optionalDouble":"infinity"}', 'optionalDouble: "infinity" is not a double'),

  bad(
    'EnumFieldUnknownName',
    '{"optionalNestedEnum":"FOOO"}',
    'optionalNestedEnum: "FOOO" is not a value of the enum NestedEnum; did you mean FOO?',
  ),
  bad(
    'EnumFieldCase',
    '{"optionalNestedEnum":"foo"}',
    'optionalNestedEnum: "foo" is not a value of the enum NestedEnum; did you mean FOO?',
  ),
  bad(
    'EnumFieldNotQuoted',
    '{"optionalNestedEnum":FOO}',
    'the body is not JSON: expected a value, found "F", at line 1 column 23',
  ),
  bad(
    'EnumFieldIsArray',
    '{"optionalNestedEnum":["FOO"]}',
    'optionalNestedEnum: an array is not a value of the enum NestedEnum',
  ),
  bad('EnumFieldBool', '{"optionalNestedEnum":true}', 'optionalNestedEnum: true is not a value of the enum NestedEnum'),
  bad(
    'EnumFieldFraction',
    '{"optionalNestedEnum":1.5}',
    'optionalNestedEnum: 1.5 is not a value of the enum NestedEnum',
  ),

  bad(
    'StringFieldUppercaseEscapeLetter',
    '{"optionalString":"\\U8C37"}',
    'the body is not JSON: an escape that does not exist, at line 1 column 20',
  ),
  bad(
    'StringFieldInvalidEscape',
    '{"optionalString":"\\uXXXX"}',
    'the body is not JSON: \\u without four hexadecimal digits, at line 1 column 20',
  ),
  bad(
    'StringFieldUnterminatedEscape',
    '{"optionalString":"\\u8C3"}',
    'the body is not JSON: \\u without four hexadecimal digits, at line 1 column 20',
  ),
  bad(
    'StringFieldUnpairedHighSurrogate',
    '{"optionalString":"\\uD800"}',
    'the body is not JSON: a lone surrogate, at line 1 column 20',
  ),
  bad(
    'StringFieldUnpairedLowSurrogate',
    '{"optionalString":"\\uDC00"}',
    'the body is not JSON: a lone surrogate, at line 1 column 20',
  ),
  bad(
    'StringFieldSurrogateInWrongOrder',
    '{"optionalString":"\\uDE01\\uD83D"}',
    'the body is not JSON: a lone surrogate, at line 1 column 20',
  ),
  bad('StringFieldNotAString', '{"optionalString":12345}', 'optionalString: 12345 is not a string'),
  bad(
    'StringFieldSingleQuoteKey',
    '{\'optionalString\':"a"}',
    'the body is not JSON: expected a key in double quotes, found "\'", at line 1 column 2',
  ),
  bad(
    'StringFieldSingleQuoteValue',
    '{"optionalString":\'a\'}',
    'the body is not JSON: expected a value, found "\'", at line 1 column 19',
  ),
  bad(
    'StringFieldControlCharacter',
    '{"optionalString":"a\tb"}',
    'the body is not JSON: a control character in a string, at line 1 column 21',
  ),

  bad('BytesFieldInvalidBase64Characters', '{"optionalBytes":"!!!!"}', 'optionalBytes: "!!!!" is not base64'),
  bad('BytesFieldOneCharacter', '{"optionalBytes":"A"}', 'optionalBytes: "A" is not base64'),
  bad('BytesFieldTooMuchPadding', '{"optionalBytes":"AQ==="}', 'optionalBytes: "AQ===" is not base64'),
  bad('BytesFieldSpace', '{"optionalBytes":"AQ I="}', 'optionalBytes: "AQ I=" is not base64'),
  bad('BytesFieldNumber', '{"optionalBytes":1}', 'optionalBytes: 1 is not base64 in a string'),

  bad('MessageFieldString', '{"optionalNestedMessage":"a"}', 'optionalNestedMessage: "a" is not an object'),
  bad('MessageFieldArray', '{"optionalNestedMessage":[]}', 'optionalNestedMessage: an array is not an object'),
  bad(
    'OneofFieldDuplicate',
    '{"oneofUint32":1,"oneofString":"test"}',
    'oneofString: oneofUint32 is set too, and both are of the oneof oneof_field',
  ),
  bad(
    'OneofValueNullAndOther',
    '{"oneofValue":null,"oneofString":"test"}',
    'oneofString: oneofValue is set too, and both are of the oneof oneof_field',
  ),

  bad(
    'Int32MapFieldKeyNotQuoted',
    '{"mapInt32Int32":{1:2}}',
    'the body is not JSON: expected a key in double quotes, found "1", at line 1 column 19',
  ),
  bad(
    'BoolMapFieldKeyNotQuoted',
    '{"mapBoolBool":{true:true}}',
    'the body is not JSON: expected a key in double quotes, found "t", at line 1 column 17',
  ),
  bad('BoolMapFieldKeyOther', '{"mapBoolBool":{"1":true}}', 'mapBoolBool["1"]: "1" is not a bool'),
  bad('Int32MapFieldKeyNotANumber', '{"mapInt32Int32":{"a":1}}', 'mapInt32Int32.a: "a" is not an int32'),
  bad(
    'MapFieldKeyIsNull',
    '{"mapInt32Int32":{null:1}}',
    'the body is not JSON: expected a key in double quotes, found "n", at line 1 column 19',
  ),
  bad(
    'MapFieldValueIsNull',
    '{"mapInt32Int32":{"0":null}}',
    'mapInt32Int32["0"]: null is not the value of a map entry',
  ),
  bad(
    'MapFieldTwoSpellingsOfAKey',
    '{"mapInt32Int32":{"1":1,"1.0":2}}',
    'mapInt32Int32["1.0"]: the key stands twice, in two spellings',
  ),
  bad('MapFieldArray', '{"mapInt32Int32":[]}', 'mapInt32Int32: an array is not an object'),

  bad(
    'RepeatedFieldPrimitiveElementIsNull',
    '{"repeatedInt32":[1,null]}',
    'repeatedInt32[1]: null is not an item of a list',
  ),
  bad(
    'RepeatedFieldMessageElementIsNull',
    '{"repeatedNestedMessage":[{"a":1},null]}',
    'repeatedNestedMessage[1]: null is not an item of a list',
  ),
  bad(
    'RepeatedFieldWrongElementTypeExpectingIntegersGotBool',
    '{"repeatedInt32":[1,false]}',
    'repeatedInt32[1]: false is not a number',
  ),
  bad(
    'RepeatedFieldWrongElementTypeExpectingIntegersGotString',
    '{"repeatedInt32":[1,"name"]}',
    'repeatedInt32[1]: "name" is not an int32',
  ),
  bad(
    'RepeatedFieldWrongElementTypeExpectingIntegersGotMessage',
    '{"repeatedInt32":[{"a":4}]}',
    'repeatedInt32[0]: an object is not a number',
  ),
  bad(
    'RepeatedFieldWrongElementTypeExpectingStringsGotInt',
    '{"repeatedString":["1",2]}',
    'repeatedString[1]: 2 is not a string',
  ),
  bad(
    'RepeatedFieldWrongElementTypeExpectingStringsGotBool',
    '{"repeatedString":[false]}',
    'repeatedString[0]: false is not a string',
  ),
  bad(
    'RepeatedFieldWrongElementTypeExpectingMessagesGotInt',
    '{"repeatedNestedMessage":[{"a":1},2]}',
    'repeatedNestedMessage[1]: 2 is not an object',
  ),
  bad(
    'RepeatedFieldWrongElementTypeExpectingMessagesGotString',
    '{"repeatedNestedMessage":["2"]}',
    'repeatedNestedMessage[0]: "2" is not an object',
  ),
  bad('RepeatedFieldBareValue', '{"repeatedInt32":1}', 'repeatedInt32: 1 is not an array'),
  bad(
    'RepeatedFieldTrailingComma',
    '{"repeatedInt32":[1,2,]}',
    'the body is not JSON: expected a value, found "]", at line 1 column 23',
  ),
  bad(
    'RepeatedFieldTrailingCommaWithNewlines',
    '{"repeatedInt32":[\n  1,\n]}',
    'the body is not JSON: expected a value, found "]", at line 3 column 1',
  ),

  bad(
    'DurationMissingS',
    '{"optionalDuration":"1"}',
    'optionalDuration: "1" is not a duration in seconds such as "1.5s"',
  ),
  bad(
    'DurationJsonInputTooSmall',
    '{"optionalDuration":"-315576000001.000000000s"}',
    'optionalDuration: "-315576000001.000000000s" is longer than 315576000000 seconds',
  ),
  bad(
    'DurationJsonInputTooLarge',
    '{"optionalDuration":"315576000001.000000000s"}',
    'optionalDuration: "315576000001.000000000s" is longer than 315576000000 seconds',
  ),
  bad(
    'DurationTenDigits',
    '{"optionalDuration":"1.0000000001s"}',
    'optionalDuration: "1.0000000001s" is not a duration in seconds such as "1.5s"',
  ),
  bad(
    'DurationTextAfter',
    '{"optionalDuration":"1sx"}',
    'optionalDuration: "1sx" is not a duration in seconds such as "1.5s"',
  ),
  bad('DurationNumber', '{"optionalDuration":1}', 'optionalDuration: 1 is not a duration such as "1.5s"'),
  bad(
    'TimestampJsonInputTooSmall',
    '{"optionalTimestamp":"0000-01-01T00:00:00Z"}',
    'optionalTimestamp: "0000-01-01T00:00:00Z" is not between the years 0001 and 9999',
  ),
  bad(
    'TimestampJsonInputTooLarge',
    '{"optionalTimestamp":"10000-01-01T00:00:00Z"}',
    'optionalTimestamp: "10000-01-01T00:00:00Z" is not an RFC 3339 time',
  ),
  bad(
    'TimestampJsonInputMissingZ',
    '{"optionalTimestamp":"0001-01-01T00:00:00"}',
    'optionalTimestamp: "0001-01-01T00:00:00" is not an RFC 3339 time',
  ),
  bad(
    'TimestampJsonInputMissingT',
    '{"optionalTimestamp":"0001-01-01 00:00:00Z"}',
    'optionalTimestamp: "0001-01-01 00:00:00Z" is not an RFC 3339 time',
  ),
  bad(
    'TimestampJsonInputLowercaseZ',
    '{"optionalTimestamp":"0001-01-01T00:00:00z"}',
    'optionalTimestamp: "0001-01-01T00:00:00z" is not an RFC 3339 time',
  ),
  bad(
    'TimestampJsonInputLowercaseT',
    '{"optionalTimestamp":"0001-01-01t00:00:00Z"}',
    'optionalTimestamp: "0001-01-01t00:00:00Z" is not an RFC 3339 time',
  ),
  bad(
    'TimestampOffsetWithoutColon',
    '{"optionalTimestamp":"1970-01-01T00:00:00+0800"}',
    'optionalTimestamp: "1970-01-01T00:00:00+0800" is not an RFC 3339 time',
  ),
  bad(
    'TimestampOffsetBeforeYear1',
    '{"optionalTimestamp":"0001-01-01T00:00:00+08:00"}',
    'optionalTimestamp: "0001-01-01T00:00:00+08:00" is not between the years 0001 and 9999',
  ),
  bad(
    'TimestampTenDigits',
    '{"optionalTimestamp":"1970-01-01T00:00:00.0000000001Z"}',
    'optionalTimestamp: "1970-01-01T00:00:00.0000000001Z" is not an RFC 3339 time',
  ),
  bad(
    'TimestampNoSuchDay',
    '{"optionalTimestamp":"2023-02-29T00:00:00Z"}',
    'optionalTimestamp: "2023-02-29T00:00:00Z" is not a time that exists',
  ),
  bad(
    'TimestampHour24',
    '{"optionalTimestamp":"2023-01-01T24:00:00Z"}',
    'optionalTimestamp: "2023-01-01T24:00:00Z" is not a time that exists',
  ),
  bad(
    'TimestampLeapSecond',
    '{"optionalTimestamp":"2016-12-31T23:59:60Z"}',
    'optionalTimestamp: "2016-12-31T23:59:60Z" is not a time that exists',
  ),
  bad(
    'FieldMaskInvalidCharacter',
    '{"optionalFieldMask":"foo,bar_bar"}',
    'optionalFieldMask: "bar_bar" is not a path in lowerCamelCase, as a FieldMask has in JSON',
  ),
  bad(
    'FieldMaskObject',
    '{"optionalFieldMask":{"paths":[]}}',
    'optionalFieldMask: an object is not a FieldMask in a string',
  ),
  bad('StructArray', '{"optionalStruct":[]}', 'optionalStruct: an array is not an object'),
  bad('ListValueObject', '{"repeatedListValue":[{}]}', 'repeatedListValue[0]: an object is not an array'),
  bad('ValueTooLarge', '{"optionalValue":1e400}', 'optionalValue: 1e400 is out of the range of double'),

  bad('AnyWithNoType', '{"optionalAny":{"optionalInt32":1}}', 'optionalAny: an Any without "@type"'),
  bad(
    'AnyWithEmptyType',
    '{"optionalAny":{"@type":"","optionalInt32":1}}',
    'optionalAny["@type"]: "" is not a type URL such as "type.googleapis.com/package.Message"',
  ),
  bad(
    'AnyTypeWithoutSlash',
    '{"optionalAny":{"@type":"google.protobuf.Empty"}}',
    'optionalAny["@type"]: "google.protobuf.Empty" is not a type URL such as "type.googleapis.com/package.Message"',
  ),
  bad(
    'AnyUnknownType',
    '{"optionalAny":{"@type":"a/no.Such"}}',
    'optionalAny["@type"]: the type "a/no.Such" is not known',
  ),
  bad('AnyTypeNotAString', '{"optionalAny":{"@type":1}}', 'optionalAny["@type"]: 1 is not a string'),
  bad(
    'AnyWktWithoutValue',
    '{"optionalAny":{"@type":"a/google.protobuf.Duration"}}',
    'optionalAny: an Any of this type needs a "value"',
  ),
  bad(
    'AnyWktWithMore',
    '{"optionalAny":{"@type":"a/google.protobuf.Duration","value":"1s","x":1}}',
    'optionalAny.x: an Any of this type has only "@type" and "value"',
  ),
  bad(
    'AnyEmptyWithValue',
    '{"optionalAny":{"@type":"a/google.protobuf.Empty","value":{}}}',
    'optionalAny.value: no such field',
  ),

  {
    name: 'Proto2.ClosedEnumUnknownNumber',
    desc: Proto2,
    json: '{"optionalNestedEnum":7}',
    error: 'optionalNestedEnum: 7 is not a value of the closed enum NestedEnum',
  },
  {
    name: 'Proto2.ExtensionOfAnotherMessage',
    desc: Proto2,
    json: '{"[protobridge.test.proto2.other_extension]":1}',
    error: '[protobridge.test.proto2.other_extension]: no such field',
  },
  { name: 'Proto2.ExtensionUnknown', desc: Proto2, json: '{"[no.such]":1}', error: '[no.such]: no such field' },
  {
    name: 'Proto2.ExtensionWithoutBrackets',
    desc: Proto2,
    json: '{"protobridge.test.proto2.extension_int32":1}',
    error: '["protobridge.test.proto2.extension_int32"]: no such field',
  },

  bad('BareNull', 'null', 'the body: null is not an object'),
  bad('BareString', '"a"', 'the body: "a" is not an object'),
  bad('Nothing', ' ', 'the body is not JSON: expected a value, found the end, at line 1 column 2'),
  bad('TextAfter', '{} x', 'the body is not JSON: text after the value, at line 1 column 4'),
  bad('TwoValues', '{}{}', 'the body is not JSON: text after the value, at line 1 column 3'),
  bad('ByteOrderMark', '\ufeff{}', 'the body is not JSON: a byte order mark before the value, at line 1 column 1'),
  bad('FormFeedIsNoSpace', '\f{}', 'the body is not JSON: expected a value, found "\\f", at line 1 column 1'),
  bad(
    'DuplicateKeyEscaped',
    '{"fieldname1":1,"fieldn\\u0061me1":1}',
    'fieldname1: the key "fieldname1" stands twice in its object, at line 1 column 17',
  ),
  bad(
    'DuplicateKeyInAStruct',
    '{"optionalStruct":{"a":[{"b":1,"b":2}]}}',
    'optionalStruct.a[0].b: the key "b" stands twice in its object, at line 1 column 32',
  ),
]

describe('JSON the suite refuses, or we do', () => {
  test.each(INVALID)('$name', ({ json, error, desc = Proto3 }) => {
    const thrown = thrownBy(() => fromJsonText(desc, json))
    expect(withoutPlace(thrown.message)).toBe(withoutPlace(error))
    expect(thrown.httpStatus).toBe(400)
  })

  test('bytes that are not UTF-8', () => {
    const thrown = thrownBy(() => fromJsonText(Proto3, Buffer.from('7b22ff223a317d', 'hex')))
    expect([thrown.reason, thrown.message]).toEqual(['MALFORMED_JSON', 'the body is not UTF-8'])
  })
})

describe('with unknown fields ignored', () => {
  test.each([
    { name: 'IgnoreUnknownJsonNumber', json: '{"unknown":1}', gives: '{}' },
    { name: 'IgnoreUnknownJsonString', json: '{"unknown":"a"}', gives: '{}' },
    { name: 'IgnoreUnknownJsonTrue', json: '{"unknown":true}', gives: '{}' },
    { name: 'IgnoreUnknownJsonNull', json: '{"unknown":null}', gives: '{}' },
    { name: 'IgnoreUnknownJsonObject', json: '{"unknown":{"a":[1,{}]}}', gives: '{}' },
    { name: 'IgnoreUnknownEnumStringValueInOptionalField', json: '{"optionalNestedEnum":"NO"}', gives: '{}' },
    { name: 'IgnoreUnknownEnumStringValueInRepeatedField', json: '{"repeatedNestedEnum":["NO"]}', gives: '{}' },
    {
      name: 'IgnoreUnknownEnumStringValueInRepeatedPart',
      json: '{"repeatedNestedEnum":["FOO","NO","BAR"]}',
      gives: '{"repeatedNestedEnum":["FOO","BAR"]}',
    },
    { name: 'IgnoreUnknownEnumStringValueInMapValue', json: '{"mapStringNestedEnum":{"k":"NO"}}', gives: '{}' },
    {
      name: 'IgnoreUnknownEnumStringValueInMapPart',
      json: '{"mapStringNestedEnum":{"a":"FOO","b":"NO","c":"BAR"}}',
      gives: '{"mapStringNestedEnum":{"a":"FOO","c":"BAR"}}',
    },
    {
      name: 'an unknown enum name in a oneof leaves it unset',
      json: '{"oneofEnum":"NO","oneofString":"a"}',
      gives: '{"oneofString":"a"}',
    },
    {
      name: 'an unknown name of an Any of a well-known type',
      json: '{"optionalAny":{"@type":"a/google.protobuf.Duration","x":1,"value":"1s"}}',
      gives: '{"optionalAny":{"@type":"a/google.protobuf.Duration","value":"1s"}}',
    },
  ])('$name', ({ json, gives }) => {
    expect(toJsonText(Proto3, fromJsonText(Proto3, json, { ignoreUnknown: true }))).toBe(gives)
  })

  test("a closed enum's unknown number in a list or a map goes to the unknown fields", () => {
    const json = '{"optionalNestedEnum":7,"repeatedNestedEnum":[1,7],"mapStringNestedEnum":{"a":7,"b":1}}'
    const wire = fromJsonText(Proto2, json, { ignoreUnknown: true })
    expect(toJsonText(Proto2, wire)).toBe('{"repeatedNestedEnum":["BAR"],"mapStringNestedEnum":{"b":"BAR"}}')
    // On the wire all the same, where a reader puts them with its unknown fields; the singular one is left unset.
    expect(hex(wire)).toBe('980301980307ca04050a01611007ca04050a01621001')
  })

  test('what is ignored is still JSON, and no deeper than anything else', () => {
    expect(thrownBy(() => fromJsonText(Proto3, '{"unknown":01}', { ignoreUnknown: true })).reason).toBe(
      'MALFORMED_JSON',
    )
    const deep = `{"unknown":${'['.repeat(100)}${']'.repeat(100)}}`
    expect(thrownBy(() => fromJsonText(Proto3, deep, { ignoreUnknown: true })).reason).toBe('DEPTH_EXCEEDED')
  })
})

describe('wire the suite gives', () => {
  test.each([
    { name: 'FloatFieldNormalizeQuietNan', hex: '5d 4523a17f', gives: '{"optionalFloat":"NaN"}' },
    { name: 'FloatFieldNormalizeSignalingNan', hex: '5d 2143b5ff', gives: '{"optionalFloat":"NaN"}' },
    { name: 'DoubleFieldNormalizeQuietNan', hex: '61 bc9a78563412faff', gives: '{"optionalDouble":"NaN"}' },
    { name: 'DoubleFieldNormalizeSignalingNan', hex: '61 21436587a9cbfbff', gives: '{"optionalDouble":"NaN"}' },
  ])('$name', ({ hex: wire, gives }) => {
    expect(toJsonText(Proto3, fromHex(wire))).toBe(gives)
  })

  const prefix = 'the response has no JSON form: '
  test.each([
    {
      name: 'TimestampProtoInputNanosNegative',
      hex: 'f212 0b 10 ffffffffffffffffff01',
      error: 'optionalTimestamp: a Timestamp of -1 nanos is not within a second',
    },
    {
      name: 'TimestampProtoInputNanosTooLarge',
      hex: 'f212 06 10 8094ebdc03',
      error: 'optionalTimestamp: a Timestamp of 1000000000 nanos is not within a second',
    },
    {
      name: 'DurationWrongSigns',
      hex: 'ea12 0d 08 01 10 ffffffffffffffffff01',
      error: 'optionalDuration: a Duration of 1 seconds and -1 nanos has two signs',
    },
    {
      name: 'FieldMaskPathsDontRoundTrip',
      hex: 'fa12 08 0a06 666f6f426172',
      error: 'optionalFieldMask: the FieldMask path "fooBar" has no lowerCamelCase form that reads back',
    },
    {
      name: 'FieldMaskNumbersDontRoundTrip',
      hex: 'fa12 0b 0a09 666f6f5f335f626172',
      error: 'optionalFieldMask: the FieldMask path "foo_3_bar" has no lowerCamelCase form that reads back',
    },
    {
      name: 'FieldMaskTooManyUnderscore',
      hex: 'fa12 0a 0a08 666f6f5f5f626172',
      error: 'optionalFieldMask: the FieldMask path "foo__bar" has no lowerCamelCase form that reads back',
    },
    {
      name: 'ValueRejectNanNumberValue',
      hex: '9213 09 11 000000000000f87f',
      error: 'optionalValue: NaN is no number a Value can be in JSON',
    },
    {
      name: 'ValueRejectInfNumberValue',
      hex: '9213 09 11 000000000000f07f',
      error: 'optionalValue: Infinity is no number a Value can be in JSON',
    },
    { name: 'ValueWithoutKind', hex: '9213 00', error: 'optionalValue: a Value without a kind' },
    {
      name: 'AnyUnknownType',
      hex: '8a13 0b 0a09 612f6e6f2e53756368',
      error: 'optionalAny: an Any of the type "a/no.Such", which is not known',
    },
    {
      name: 'AnyWithoutSlash',
      hex: '8a13 17 0a15 676f6f676c652e70726f746f6275662e456d707479',
      error: 'optionalAny: an Any of the type "google.protobuf.Empty", which is not known',
    },
  ])('$name', ({ hex: wire, error }) => {
    const thrown = thrownBy(() => toJsonText(Proto3, fromHex(wire)))
    expect([thrown.reason, thrown.httpStatus, thrown.code]).toEqual(['UNREPRESENTABLE_VALUE', 500, 13])
    expect(thrown.message).toBe(prefix + error)
  })

  test.each([
    {
      name: 'DurationProtoInputTooSmall',
      number: 301,
      seconds: -315576000001n,
      error: 'longer than 315576000000 seconds',
    },
    {
      name: 'DurationProtoInputTooLarge',
      number: 301,
      seconds: 315576000001n,
      error: 'longer than 315576000000 seconds',
    },
    {
      name: 'TimestampProtoInputTooSmall',
      number: 302,
      seconds: -62135596801n,
      error: 'not between the years 0001 and 9999',
    },
    {
      name: 'TimestampProtoInputTooLarge',
      number: 302,
      seconds: 253402300800n,
      error: 'not between the years 0001 and 9999',
    },
  ])('$name', ({ number, seconds, error }) => {
    const out = new WireWriter()
    out.uint32(tagOf(number, WireType.LengthDelimited))
    const mark = out.begin()
    out.uint32(tagOf(1, WireType.Varint))
    out.varint64(seconds)
    out.end(mark)
    const thrown = thrownBy(() => toJsonText(Proto3, out.finish()))
    expect(thrown.message).toMatch(new RegExp(`of ${seconds} seconds is ${error}$`))
  })

  test('a string that need not be UTF-8 and is not has no JSON form', () => {
    expect(thrownBy(() => toJsonText(Proto2, fromHex('72 01 ff'))).message).toBe(
      `${prefix}optionalString: the string is not UTF-8`,
    )
  })

  test('writing is what protoc writes', () => {
    expect(hex(fromJsonText(Proto3, '{"optionalInt32":-1,"repeatedInt32":[1,2]}'))).toBe(
      '08ffffffffffffffffff01fa01020102',
    )
  })
})
