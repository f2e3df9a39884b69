// host.json: the settings of the Functions host this platform honours. The rest of the file is the cloud's business.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { InvalidInputError } from '../../../shared/errors.ts'

const timeSpanPattern = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/

/** .NET's `[d.]hh:mm:ss[.fffffff]` in milliseconds. */
const TimeSpan = z.string().transform((text, context) => {
  const match = timeSpanPattern.exec(text)
  if (!match) {
    context.addIssue({
      code: 'custom',
      message: `${JSON.stringify(text)} is no time span; write hh:mm:ss or hh:mm:ss.fff`,
    })
    return z.NEVER
  }
  const [days, hours, minutes, seconds] = match.slice(1, 5).map((part) => Number(part ?? 0))
  const fraction = Number(`0.${match[5] ?? 0}`)
  return Math.round(
    ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0) + fraction) * 1_000,
  )
})

/** -1 is no limit. */
const Limit = z.number().int().min(-1)

const HostJson = z.object({
  version: z.literal('2.0'),
  /** -1 is without bound; so is zero, which means nothing else. */
  functionTimeout: z
    .string()
    .transform((text) => (text === '-1' ? '00:00:00' : text))
    .pipe(TimeSpan)
    .optional(),
  extensions: z
    .object({
      http: z
        .object({
          routePrefix: z.string().default('api'),
          maxConcurrentRequests: Limit.default(-1),
          maxOutstandingRequests: Limit.default(-1),
        })
        .prefault({}),
      serviceBus: z
        .object({
          maxConcurrentCalls: z.number().int().min(1).default(16),
          maxConcurrentSessions: z.number().int().min(1).default(8),
          sessionIdleTimeout: TimeSpan.optional(),
          maxAutoLockRenewalDuration: TimeSpan.prefault('00:05:00'),
          clientRetryOptions: z.object({ tryTimeout: TimeSpan.prefault('00:01:00') }).prefault({}),
        })
        .prefault({}),
    })
    .prefault({}),
})

export interface HostSettings {
  /** Milliseconds; absent is without bound. */
  readonly functionTimeoutMs: number | undefined
  readonly http: {
    readonly routePrefix: string
    readonly maxConcurrentRequests: number
    readonly maxOutstandingRequests: number
  }
  readonly serviceBus: {
    readonly maxConcurrentCalls: number
    readonly maxConcurrentSessions: number
    readonly sessionIdleTimeoutMs: number
    readonly maxAutoLockRenewalDurationMs: number
    readonly tryTimeoutMs: number
  }
}

/** Flex Consumption's functionTimeout when host.json names none. */
const defaultFunctionTimeoutMs = 30 * 60_000

/** Throws InvalidInputError naming the file and the field. */
export function readHostJson(path: string): HostSettings {
  let raw: unknown
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InvalidInputError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  return hostSettings(raw, path)
}

export function hostSettings(raw: unknown, path = 'host.json'): HostSettings {
  const parsed = HostJson.safeParse(raw)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new InvalidInputError(`${path}: ${issues.join('; ')}`)
  }
  const { functionTimeout, extensions } = parsed.data
  const { http, serviceBus } = extensions
  const unlimited = (limit: number): number => (limit < 0 ? Number.POSITIVE_INFINITY : limit)
  return {
    functionTimeoutMs: functionTimeout === 0 ? undefined : (functionTimeout ?? defaultFunctionTimeoutMs),
    http: {
      routePrefix: http.routePrefix,
      maxConcurrentRequests: unlimited(http.maxConcurrentRequests),
      maxOutstandingRequests: unlimited(http.maxOutstandingRequests),
    },
    serviceBus: {
      maxConcurrentCalls: serviceBus.maxConcurrentCalls,
      maxConcurrentSessions: serviceBus.maxConcurrentSessions,
      sessionIdleTimeoutMs: serviceBus.sessionIdleTimeout ?? serviceBus.clientRetryOptions.tryTimeout,
      maxAutoLockRenewalDurationMs: serviceBus.maxAutoLockRenewalDuration,
      tryTimeoutMs: serviceBus.clientRetryOptions.tryTimeout,
    },
  }
}
