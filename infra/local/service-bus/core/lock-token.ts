// Lock tokens. One canonical form (16 bytes in network order, as hex) inside; the delivery tag swaps the first three
// groups, as .NET writes a GUID, and the Azure SDK swaps them back.

/** 32 hex digits. */
export type LockToken = string

/** Byte `i` of a .NET GUID is byte `guidOrder[i]` of the network form; the swap is its own inverse. */
const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const

export function tokenBytes(token: LockToken): Buffer {
  return Buffer.from(token, 'hex')
}

export function tokenOf(bytes: Buffer): LockToken {
  return bytes.toString('hex')
}

/** The delivery tag of a lock token. */
export function deliveryTag(token: LockToken): Buffer {
  const network = tokenBytes(token)
  const tag = Buffer.allocUnsafe(16)
  for (const [index, from] of guidOrder.entries()) tag[index] = network[from] ?? 0
  return tag
}
