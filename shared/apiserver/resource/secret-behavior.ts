// Secrets: a certificate nobody could serve with is kept, and told of.
import { isJsonObject } from '../../api/json.ts'
import type { KindBehavior } from './behavior.ts'

const tlsType = 'kubernetes.io/tls'

export const secrets: KindBehavior = {
  warnings(object) {
    const data = object['data']
    if (object['type'] !== tlsType || !isJsonObject(data)) return []
    if (!holdsPem(data['tls.crt'])) return ['tls: failed to find any PEM data in certificate input']
    return holdsPem(data['tls.key']) ? [] : ['tls: failed to find any PEM data in key input']
  },
}

function holdsPem(base64: unknown): boolean {
  return (
    typeof base64 === 'string' && /^-----BEGIN [A-Z0-9 ]+-----/m.test(Buffer.from(base64, 'base64').toString('utf8'))
  )
}
