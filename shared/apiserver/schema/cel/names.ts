// CEL in schemas: rules users attach to their kinds. Property names become CEL identifiers by Kubernetes' escapes.

/** Words CEL keeps for itself. */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

/** The identifier a rule writes for a property, or undefined when no rule can name it. */
export function celName(property: string): string | undefined {
  if (reserved.has(property)) return `__${property}__`
  const escaped = property.replace(/__|[./-]/g, (part) => escapes[part] ?? part)
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined
}

/** The identifier behind a dot: reserved words may stand there as they are. */
export function selectedName(name: string): string {
  return reserved.has(name) ? `__${name}__` : name
}

/**
 * The member of a value that holds a field. Every class has a `constructor`; a field of that name is kept under another,
 * in values and in expressions alike.
 */
export function memberName(field: string): string {
  return field === 'constructor' ? 'constructor__' : field
}
