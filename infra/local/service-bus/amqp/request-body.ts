// The body of a management request: a map whose fields are read with their type, or refused by name.
import { BusError } from '../core/bus-error.ts'

const wrong = (field: string, wanted: string, found: unknown) =>
  new BusError(
    'com.microsoft:argument-error',
    `The field '${field}' of the request must be ${wanted}; it is ${found === undefined || found === null ? 'absent' : typeof found}.`,
  )

/** An AMQP long as rhea decodes it: a number, or 8 bytes beyond 2^53. */
function longOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return Buffer.isBuffer(value) && value.length === 8 ? Number(value.readBigInt64BE()) : undefined
}

/** Every reader throws BusError argument-error that names the field. */
export class RequestBody {
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(body: unknown) {
    if (typeof body !== 'object' || body === null || Array.isArray(body) || Buffer.isBuffer(body)) {
      throw new BusError('com.microsoft:argument-error', 'The body of the request must be a map.')
    }
    this.#fields = body as Readonly<Record<string, unknown>>
  }

  #get(field: string): unknown {
    return Object.hasOwn(this.#fields, field) ? this.#fields[field] : undefined
  }

  #list(field: string): readonly unknown[] {
    const value = this.#get(field)
    if (!Array.isArray(value)) throw wrong(field, 'a list', value)
    return value
  }

  text(field: string): string {
    const value = this.#get(field)
    if (typeof value !== 'string') throw wrong(field, 'a string', value)
    return value
  }

  optionalText(field: string): string | undefined {
    return (this.#get(field) ?? undefined) === undefined ? undefined : this.text(field)
  }

  optionalFlag(field: string): boolean | undefined {
    const value = this.#get(field)
    return typeof value === 'boolean' ? value : undefined
  }

  long(field: string): number {
    const value = longOf(this.#get(field))
    if (value === undefined) throw wrong(field, 'a number', this.#get(field))
    return value
  }

  longs(field: string): number[] {
    return this.#list(field).map((item) => {
      const value = longOf(item)
      if (value === undefined) throw wrong(field, 'a list of numbers', item)
      return value
    })
  }

  bytes(field: string): Buffer {
    const value = this.#get(field)
    if (!Buffer.isBuffer(value)) throw wrong(field, 'binary', value)
    return value
  }

  optionalBytes(field: string): Buffer | undefined {
    return (this.#get(field) ?? undefined) === undefined ? undefined : this.bytes(field)
  }

  uuids(field: string): Buffer[] {
    return this.#list(field).map((item) => {
      if (!Buffer.isBuffer(item) || item.length !== 16) throw wrong(field, 'a list of uuids', item)
      return item
    })
  }

  map(field: string): RequestBody {
    return new RequestBody(this.#get(field))
  }

  optionalMap(field: string): RequestBody | undefined {
    return (this.#get(field) ?? undefined) === undefined ? undefined : this.map(field)
  }

  maps(field: string): RequestBody[] {
    return this.#list(field).map((item) => new RequestBody(item))
  }

  /** The map itself, for entries whose names are not known beforehand. */
  optionalRecord(field: string): Readonly<Record<string, unknown>> | undefined {
    const map = this.optionalMap(field)
    return map === undefined ? undefined : map.#fields
  }
}
