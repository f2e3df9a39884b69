// Protobuf messages of the built-in kinds: how `protobuf.generated.json` is laid out and read.

/**
 * One field of a message: JSON name, type, and flags as letters.
 *
 * The type is `string`, `bytes`, `bool`, `int32`, `int64`, `double`, `uint32`, `uint64`, or the name of another message
 * as OpenAPI spells it (`io.k8s.api.core.v1.PodSpec`). Flags:
 * - `r` repeated
 * - `m` map of string to the type (wire form: repeated entries of 1 key, 2 value)
 * - `o` optional in the strict sense: a value that is present but zero or false is kept
 * - `z` the JSON form shows the field even when it is zero (no `omitempty`)
 * - `i` inline: the fields of the message appear in JSON directly on the parent; the JSON name is ''
 */
export type ProtobufField = readonly [name: string, type: string, flags?: string]

/** Field number (decimal) to field. */
export type ProtobufMessage = Readonly<Record<string, ProtobufField>>

export interface ProtobufSchemas {
  /** `apiVersion/kind` (`v1/ConfigMap`, `apps/v1/Deployment`) to message name. */
  readonly roots: Readonly<Record<string, string>>
  /** Message name to fields. Messages with a JSON form of their own (Time, MicroTime, Quantity, IntOrString, RawExtension, JSON, FieldsV1, JSONSchemaPropsOr...) are listed by their wire fields. */
  readonly messages: Readonly<Record<string, ProtobufMessage>>
}
