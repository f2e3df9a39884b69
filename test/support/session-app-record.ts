// What reached the app of the session tests.
export const delivered = {
  messages: [] as { session: string; message: unknown; attempt: number }[],
  running: 0,
  mostAtOnce: 0,
  changed: undefined as (() => void) | undefined,
}
