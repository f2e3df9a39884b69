// What a hub with TLS needs on this machine: a certificate authority, a server certificate and the administrator's token,
// kept in the data folder so that a kubeconfig stays good over restarts.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type CertifiedKey, isGood, makeAuthority, makeServer } from './certificate.ts'

export interface Credentials {
  /** PEM. */
  readonly ca: string
  readonly server: CertifiedKey
  readonly token: string
}

/** A certificate is renewed at a start this long before it ends. */
const renewMs = 30 * 24 * 3_600_000

/** Reads what is there and makes what is missing or about to end. Keys and the token are readable for their owner only. */
export function localCredentials(file: (name: string) => string): Credentials {
  const until = Date.now() + renewMs
  const kept = (name: string, authority: CertifiedKey | undefined, make: () => CertifiedKey): CertifiedKey => {
    const [certPath, keyPath] = [file(`${name}.crt`), file(`${name}.key`)]
    if (existsSync(certPath) && existsSync(keyPath)) {
      const found = { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') }
      if (isGood(found, authority, until)) return found
    }
    const made = make()
    writeFileSync(keyPath, made.key, { mode: 0o600 })
    writeFileSync(certPath, made.cert)
    return made
  }
  const authority = kept('ca', undefined, () => makeAuthority(Date.now()))
  const server = kept('server', authority, () => makeServer(authority, Date.now()))
  return { ca: authority.cert, server, token: keptToken(file('admin-token')) }
}

function keptToken(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim()
  const token = randomBytes(32).toString('hex')
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
  return token
}
