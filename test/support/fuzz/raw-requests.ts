// Bytes for a port that speaks HTTP/1.1: requests as clients write them, then gone wrong in one to three places.
import fc, { type Arbitrary, type GeneratorValue } from 'fast-check'
import { oneIn, pick } from './pick.ts'

/** What goes over one connection. */
export interface RawCase {
  /** One character a byte, in the pieces they are written in. */
  readonly pieces: readonly string[]
  /** The client cuts the connection as soon as it has written everything. */
  readonly leaves: boolean
}

interface Draft {
  line: string
  headers: string[]
  body: string
}

const bodies = ['', '{"a":1}', 'x'.repeat(5_000), '\u0000\u00ff\r\n\r\n', 'GET /nothing HTTP/1.1\r\nhost: y\r\n\r\n']
const nothing = 'GET /nothing HTTP/1.1\r\nhost: y\r\n\r\n'

const lines = [
  '',
  ' ',
  'GET',
  'GET /nothing',
  'GET  /nothing  HTTP/1.1',
  'GET /nothing HTTP/1.1 x',
  'GET /nothing HTTP/9.9',
  'GET /nothing HTTP/1.0',
  'GET /nothing HTTP/0.9',
  'get /nothing HTTP/1.1',
  'FROB /nothing HTTP/1.1',
  'CONNECT host:1 HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'TRACE /nothing HTTP/1.1',
  'PRI * HTTP/2.0',
  'GET http://elsewhere/nothing HTTP/1.1',
  'GET //nothing HTTP/1.1',
  'GET nothing HTTP/1.1',
  'GET /\u0000 HTTP/1.1',
  'GET /%00%zz%ff HTTP/1.1',
  'GET /echo/7/%E0%A4%A HTTP/1.1',
  'GET /echo/7/\u00e9?a=\u00ff HTTP/1.1',
  'GET /echo/7/[x]|{y}^`?"<>=\\ HTTP/1.1',
  'GET /echo/__proto__/x HTTP/1.1',
  'GET /echo/7/x?__proto__=1&a[b]=%zz HTTP/1.1',
  `GET /echo/7/${'x'.repeat(9_000)} HTTP/1.1`,
  `GET /${'../'.repeat(500)} HTTP/1.1`,
  `${'G'.repeat(20_000)} / HTTP/1.1`,
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
]

const headers = [
  'content-length: 0',
  'content-length: 1',
  'content-length: 999999',
  'content-length: -1',
  'content-length: +3',
  'content-length: 0x10',
  'content-length: 1e3',
  'content-length: 99999999999999999999',
  'content-length: 104857601',
  'content-length: 3, 3',
  'transfer-encoding: chunked',
  'transfer-encoding: gzip',
  'transfer-encoding: chunked, identity',
  'transfer-encoding: xchunked',
  'transfer-encoding : chunked',
  'transfer-encoding:\u000bchunked',
  'host: other',
  'host: [',
  'host: a b',
  'host: \u00ff',
  'host: x:99999',
  'host: @/\\?#',
  'host:',
  'expect: 100-continue',
  'expect: the-unexpected',
  'connection: close',
  'connection: upgrade',
  'connection: host, content-length, x-ms-invocation-id',
  'upgrade: websocket',
  'upgrade: h2c',
  'x-ms-invocation-id: 00000000-0000-0000-0000-000000000000',
  'x-forwarded-proto: gopher',
  '__proto__: x',
  'constructor: x',
  'cookie: a=b; =; ;;',
  'trailer: content-length',
  'te: trailers',
  ' folded: value',
  'no colon at all',
  ': no name',
  'na me: x',
  'n\u0000ul: x',
  'nul: a\u0000b',
  'bare: a\rb',
  'bare: a\nb: c',
  'high: \u00e9\u00ff',
  `big: ${'x'.repeat(20_000)}`,
  ...Array.from({ length: 3 }, (_unused, index) => `many: ${'a\r\nmany: '.repeat(10 ** (index + 1))}b`),
]

const chunks = [
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;ext="a\\"b"\r\nhello\r\n0\r\ntrailer: x\r\n\r\n',
  '5\r\nhello world\r\n0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  'zz\r\n',
  'ffffffffffffffffff\r\nx',
  'ffffffff\r\nx',
  '5\nhello\n0\n\n',
  `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  `0\r\n${'t: x\r\n'.repeat(3_000)}\r\n`,
  `${'1\r\nx\r\n'.repeat(300)}0\r\n\r\n`,
  '5\r\nhel',
  '0\r\n\r\n0\r\n\r\n0\r\n\r\n',
]

/** Cases for the routes of the small app the functions host's tests run. */
export const rawCase: Arbitrary<RawCase> = fc.gen().map((g) => {
  const draft = wellFormed(g)
  for (let turn = pick(g, [0, 1, 1, 2, 3]); turn > 0; turn -= 1) goWrong(g, draft)
  const text = `${draft.line}\r\n${draft.headers.map((header) => `${header}\r\n`).join('')}\r\n${draft.body}`
  return { pieces: inPieces(g, damaged(g, text)), leaves: oneIn(g, 5) }
})

function wellFormed(g: GeneratorValue): Draft {
  const method = pick(g, ['GET', 'POST', 'PUT', 'HEAD', 'DELETE'])
  const path = pick(g, ['/echo/7/x?a=1', '/echo/1/fixed', '/nothing', '/throws', '/stream', '/nowhere'])
  const draft = { line: `${method} ${path} HTTP/1.1`, headers: ['host: x'], body: '' }
  if (oneIn(g, 3)) chunked(g, draft)
  else if (oneIn(g, 2)) {
    draft.body = pick(g, bodies)
    draft.headers.push(`content-length: ${draft.body.length}`)
  }
  return draft
}

function chunked(g: GeneratorValue, draft: Draft): void {
  draft.headers.push('transfer-encoding: chunked')
  draft.body = pick(g, chunks)
}

function goWrong(g: GeneratorValue, draft: Draft): void {
  switch (g(fc.integer, { min: 0, max: 6 })) {
    case 0:
      draft.line = pick(g, lines)
      return
    case 1:
    case 2:
      draft.headers.splice(g(fc.nat, { max: draft.headers.length }), 0, pick(g, headers))
      return
    case 3:
      draft.headers.splice(g(fc.nat, { max: draft.headers.length }), 1)
      return
    case 4:
      draft.headers.push(...draft.headers)
      return
    case 5:
      chunked(g, draft)
      return
    default:
      draft.body += pick(g, [nothing.repeat(30), draft.line, '\r\n\r\n\r\n', '\u0000'.repeat(100), nothing])
  }
}

function damaged(g: GeneratorValue, text: string): string {
  const at = g(fc.nat, { max: text.length })
  switch (g(fc.integer, { min: 0, max: 11 })) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(at)
    case 2:
      return `${text.slice(0, at)}${pick(g, ['\u0000', '\u00ff', '\r', '\n', ' ', ':', '\u0080'])}${text.slice(at + 1)}`
    case 3:
      return text.replaceAll('\r\n', pick(g, ['\n', '\r', '\r\r\n', '\n\r']))
    case 4:
      return `${pick(g, ['\r\n', '\u0000', ' ', '\u00ef\u00bb\u00bf'])}${text}`
    default:
      return text
  }
}

/** Mostly whole; else byte for byte at the start, or cut in a few places. */
function inPieces(g: GeneratorValue, text: string): string[] {
  if (oneIn(g, 8)) return [...text.slice(0, 60), text.slice(60)]
  if (!oneIn(g, 4)) return [text]
  const at = g(fc.nat, { max: text.length })
  return [text.slice(0, at), text.slice(at, at + 1), text.slice(at + 1)]
}
