// A real server walks the properties of a custom kind in random order, and complains in it: the same complaints in another
// order are the same answer.

type Fields = Record<string, unknown>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const textOf = (cause: unknown) => (isFields(cause) ? `${String(cause['field'])}: ${String(cause['message'])}` : '')

/** The body of a refusal with its causes, and their texts in its message, sorted. Any other body as it is. */
export function withSortedCauses(body: unknown): unknown {
  if (!isFields(body) || !isFields(body['details'])) return body
  const { message, details } = body
  const { causes } = details as Fields
  if (!Array.isArray(causes) || typeof message !== 'string') return body
  const sorted = [...(causes as unknown[])].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
  const told = `[${causes.map(textOf).join(', ')}]`
  return {
    ...body,
    details: { ...details, causes: sorted },
    message: message.replace(told, () => `[${sorted.map(textOf).join(', ')}]`),
  }
}
