// Bundles the function app into dist/main.js, the file package.json's `main` names: one file starts faster than a tree.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
const result = await build({
  entryPoints: ['functions/main.ts'],
  outfile: 'dist/main.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  metafile: true,
  // The host supplies this module; it must stay a plain `require`.
  external: ['@azure/functions-core'],
  // Packages written for CommonJS expect these.
  banner: {
    js: "import { createRequire as hublessRequire } from 'node:module';const require = hublessRequire(import.meta.url);const __filename = import.meta.filename;const __dirname = import.meta.dirname;",
  },
})
const [bytes = 0] = Object.values(result.metafile.outputs).map((output) => output.bytes)
console.log(`dist/main.js ${(bytes / 1_048_576).toFixed(1)} MiB`)
