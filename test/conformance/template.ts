// Placeholders of a script: {ns}, {id}, whatever was captured, and {x*1000} for a thousand times x.

export type Variables = Readonly<Record<string, string>>

/** Braces around anything that is neither a variable nor a repetition stay as they are. */
export function filled(text: string, variables: Variables): string {
  return text
    .replace(/\{([A-Za-z]\w*)\}/g, (whole, name: string) => variables[name] ?? whole)
    .replace(/\{([^{}])\*(\d{1,8})\}/g, (_whole, part: string, times: string) => part.repeat(Number(times)))
}

/** Fills every text of a value, keys as well. */
export function filledValue(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return filled(value, variables)
  if (Array.isArray(value)) return value.map((item) => filledValue(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [filled(key, variables), filledValue(field, variables)]),
  )
}
