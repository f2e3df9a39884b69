// X.509 certificates for this machine alone: an authority and a server, both on P-256. Node signs and reads certificates
// but does not write them, and the few fields needed here are shorter than any library that would.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'

/** PEM texts. */
export interface CertifiedKey {
  readonly cert: string
  readonly key: string
}

const dayMs = 24 * 3_600_000
const authorityDays = 3_650
/** Some clients refuse server certificates that last longer than 398 days. */
const serverDays = 397

/** An authority that may sign servers and nothing else. `now` is epoch milliseconds. */
export function makeAuthority(now: number): CertifiedKey {
  const { publicKey, key } = newKey()
  const name = commonName(`hubless ${randomBytes(4).toString('hex')}`)
  const extensions = [
    extension('2.5.29.19', true, sequence(boolean(true), integer(Buffer.from([0])))),
    // keyCertSign and cRLSign: bits 5 and 6.
    extension('2.5.29.15', true, bits(Buffer.from([0x06]), 1)),
    extension('2.5.29.14', false, octets(keyId(publicKey))),
  ]
  return certified({ subject: name, issuer: name, publicKey, days: authorityDays, extensions, now }, key, key)
}

/** A certificate for localhost, signed by the authority. */
export function makeServer(authority: CertifiedKey, now: number): CertifiedKey {
  const { publicKey, key } = newKey()
  const issuer = new X509Certificate(authority.cert)
  const issuerKey = issuer.publicKey.export({ type: 'spki', format: 'der' })
  const names = [
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
    tagged(0x87, Buffer.from([...Buffer.alloc(15), 1])),
  ]
  const extensions = [
    extension('2.5.29.19', true, sequence()),
    // digitalSignature: bit 0.
    extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)),
    extension('2.5.29.37', false, sequence(objectId('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', false, sequence(...names)),
    extension('2.5.29.35', false, sequence(tagged(0x80, keyId(issuerKey)))),
    extension('2.5.29.14', false, octets(keyId(publicKey))),
  ]
  const [, name = ''] = /^CN=(.*)$/m.exec(issuer.subject) ?? []
  const fields = { subject: commonName('localhost'), issuer: commonName(name), publicKey, days: serverDays }
  return certified({ ...fields, extensions, now }, key, authority.key)
}

/** Whether a certificate lasts at least until `until` and was signed by the authority (by itself without one). */
export function isGood({ cert }: CertifiedKey, authority: CertifiedKey | undefined, until: number): boolean {
  const certificate = new X509Certificate(cert)
  const by = authority ? new X509Certificate(authority.cert) : certificate
  return certificate.validToDate.getTime() > until && certificate.verify(by.publicKey)
}

interface Fields {
  readonly subject: Buffer
  readonly issuer: Buffer
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer
  readonly days: number
  readonly extensions: readonly Buffer[]
  readonly now: number
}

function newKey(): { publicKey: Buffer; key: string } {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { publicKey: pair.publicKey, key: pair.privateKey }
}

const ecdsaWithSha256 = () => sequence(objectId('1.2.840.10045.4.3.2'))

function certified(fields: Fields, key: string, signingKey: string): CertifiedKey {
  const { subject, issuer, publicKey, days, extensions, now } = fields
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    // Positive and of full length, as a serial number should be.
    integer(Buffer.from([0x01, ...randomBytes(15)])),
    ecdsaWithSha256(),
    issuer,
    // An hour back, for clocks that differ.
    sequence(time(now - dayMs / 24), time(now + days * dayMs)),
    subject,
    publicKey,
    tagged(0xa3, sequence(...extensions)),
  )
  const der = sequence(body, ecdsaWithSha256(), bits(sign('sha256', body, signingKey), 0))
  return { cert: new X509Certificate(der).toString(), key }
}

/** SHA-1 of the bare public key, as its usual name. */
function keyId(publicKey: Buffer): Buffer {
  const { x, y } = createPublicKey({ key: publicKey, type: 'spki', format: 'der' }).export({ format: 'jwk' })
  const point = [Buffer.from([4]), Buffer.from(x ?? '', 'base64url'), Buffer.from(y ?? '', 'base64url')]
  return createHash('sha1').update(Buffer.concat(point)).digest()
}

// DER: a tag, the length of what follows, and what follows.

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length.toString(16)
  const bytes = Buffer.from(size.length % 2 === 0 ? size : `0${size}`, 'hex')
  const length = content.length < 0x80 ? Buffer.from([content.length]) : Buffer.from([0x80 | bytes.length, ...bytes])
  return Buffer.concat([Buffer.from([tag]), length, content])
}

const sequence = (...parts: readonly Buffer[]) => tagged(0x30, ...parts)
const integer = (content: Buffer) => tagged(0x02, content)
const boolean = (value: boolean) => tagged(0x01, Buffer.from([value ? 0xff : 0]))
const octets = (content: Buffer) => tagged(0x04, content)
const bits = (content: Buffer, unused: number) => tagged(0x03, Buffer.from([unused]), content)

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** Seven bits a byte, all but the last marked. */
function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}

function commonName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId('2.5.4.3'), tagged(0x0c, Buffer.from(name)))))
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octets(value))
}

/** Two digits for the year until 2049, four from then on. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return ms < Date.UTC(2050, 0) ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits))
}
