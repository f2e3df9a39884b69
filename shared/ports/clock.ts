// Time, injected. Nothing else in the hub asks what time it is.

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Random material, injected for the same reason. */
export interface Ids {
  uuid(): string
  /** `length` characters of `bcdfghjklmnpqrstvwxz2456789`, the alphabet of generateName. */
  suffix(length: number): string
}
