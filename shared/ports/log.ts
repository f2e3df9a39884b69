// Structured logging: a fixed message and fields. Never a secret, never a manifest.

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields & { error?: string }): void
}
