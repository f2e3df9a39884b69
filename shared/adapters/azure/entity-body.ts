// A record of the hub as one table row. Records are bounded by design (hashes, states, capped lists), so one that does
// not fit is refused with its size instead of being spread over rows.
import { InvalidInputError, InvariantError } from '../../errors.ts'
import { type Properties, pack, unpackInline } from './table-body.ts'

/** Throws InvalidInputError naming what is too large. */
export function encodeWholeBody(text: string, what: string): Properties {
  const packed = pack('body', text)
  if (packed.kind === 'overflow')
    throw new InvalidInputError(`${what} has ${text.length} characters, more than one table row can hold`)
  return packed.properties
}

export function decodeBody(entity: Readonly<Record<string, unknown>>): string {
  const text = unpackInline('body', entity)
  if (text === undefined) throw new InvariantError('a table row of the hub holds no body')
  return text
}
