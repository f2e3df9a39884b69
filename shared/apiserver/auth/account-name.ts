// Service accounts as users: `system:serviceaccount:<namespace>:<name>`, in two groups of their own.

export interface Account {
  readonly namespace: string
  readonly name: string
}

const shape = /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]*[a-z0-9])?):([a-z0-9](?:[-.a-z0-9]*[a-z0-9])?)$/

export function accountUserName({ namespace, name }: Account): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/** Undefined for the name of anybody else. */
export function parseAccountName(user: string): Account | undefined {
  const [, namespace, name] = shape.exec(user) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

export function accountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}
