// The built-in kinds the hub serves, as data.
import type { ServedKind } from '../kind.ts'

export const builtinKinds: readonly ServedKind[] = []
