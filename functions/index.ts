// The one registration list: one line a function.
import type { FunctionDef } from './define.ts'

export const functions: readonly FunctionDef[] = []
