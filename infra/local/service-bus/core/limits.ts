// The limits of the service, in one object so that tests may shrink them. Source: Service Bus quotas, standard tier.

export interface Limits {
  /** Largest message, and largest batch, as encoded. */
  readonly maxMessageBytes: number
  /** Message id, session id and partition key, in characters. */
  readonly maxIdLength: number
  /** Bytes one queue or subscription may hold. */
  readonly maxEntityBytes: number
  readonly maxConnections: number
  /** Receivers on one entity at the same time. */
  readonly maxReceivers: number
  /** Messages one peek returns. */
  readonly maxPeek: number
  /** Characters of a SQL filter. */
  readonly maxFilterLength: number
  readonly maxRuleNameLength: number
  readonly maxRulesPerSubscription: number
}

export const standardLimits: Limits = {
  maxMessageBytes: 262_144,
  maxIdLength: 128,
  maxEntityBytes: 1_073_741_824,
  maxConnections: 5_000,
  maxReceivers: 5_000,
  maxPeek: 250,
  maxFilterLength: 1_024,
  maxRuleNameLength: 50,
  maxRulesPerSubscription: 2_000,
}
