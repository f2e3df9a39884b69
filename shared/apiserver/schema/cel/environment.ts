// The CEL environment rules run in: the library with Kubernetes' functions added.
import { Environment } from '@marcbachmann/cel-js'
import { registerFormats } from './format-library.ts'
import { registerLists } from './list-library.ts'
import { registerMacros } from './macro-library.ts'
import { registerNetwork } from './network-library.ts'
import { registerQuantities } from './quantity-library.ts'
import { registerText } from './text-library.ts'
import { registerVersions } from './version-library.ts'

/** Rules are short; these keep a hostile one from costing much before it runs. */
const limits = { maxAstNodes: 10_000, maxDepth: 100, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 16 }

let base: Environment | undefined

/** A fresh environment that shares the functions. Made when the first rule is met: most kinds have none. */
export function newEnvironment(): Environment {
  if (base === undefined) {
    base = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits })
    registerText(base)
    registerLists(base)
    registerQuantities(base)
    registerNetwork(base)
    registerMacros(base)
    registerVersions(base)
    registerFormats(base)
  }
  return base.clone()
}
