// Every replayer, one line each. The first that matches a line runs it.
import type { Replayer } from './replayer.ts'

export const replayers: readonly Replayer[] = []
