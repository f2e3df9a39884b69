// One connection to an HTTP/1.1 port on 127.0.0.1, byte by byte, as no HTTP library would use it.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { RawCase } from './raw-requests.ts'

/** How long the port may take, in milliseconds, to answer or to close. */
const answerMs = 2_000
/** How long a client waits for an answer before it says that it has nothing more to send. */
const patienceMs = 25

const head = /^HTTP\/1\.1 ([1-5]\d\d) [^\r\n\0]*\r\n(?:[!#$%&'*+.^_`|~\w-]+: ?[^\r\n\0]*\r\n)*\r\n/

/**
 * Sends the bytes, ends its side when an answer is there or none seems to come, and waits for the connection to close.
 * Returns the status of the first answer; 0 for none. Throws AssertionError when the connection stays open, or when what
 * came is no HTTP/1.1.
 */
export async function sendRaw(port: number, { pieces, leaves }: RawCase): Promise<number> {
  const said = JSON.stringify(pieces.join('').slice(0, 2_000))
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  const closed = Promise.withResolvers<boolean>()
  let received = ''
  const answered = Promise.withResolvers<void>()
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    if (isWhole(received)) answered.resolve()
  })
  // The port may cut a connection while it is written to.
  socket.on('error', () => {})
  socket.once('close', () => {
    answered.resolve()
    closed.resolve(true)
  })
  for (const piece of pieces) {
    socket.write(piece, 'latin1')
    await turn()
  }
  if (leaves) {
    socket.destroy()
    return 0
  }
  const patience = setTimeout(answered.resolve, patienceMs)
  await answered.promise
  clearTimeout(patience)
  socket.end()
  const limit = setTimeout(() => closed.resolve(false), answerMs)
  const isClosed = await closed.promise
  clearTimeout(limit)
  socket.destroy()
  assert.ok(isClosed, `neither answered nor closed in ${answerMs} ms: ${said}, so far ${JSON.stringify(received)}`)
  if (received === '') return 0
  const first = head.exec(received)
  assert.ok(first, `no HTTP/1.1 answer: ${JSON.stringify(received.slice(0, 500))} to ${said}`)
  return Number(first[1])
}

/** The first answer is there, body and all; an answer without a length is when its last chunk is. */
function isWhole(received: string): boolean {
  const first = head.exec(received)
  if (!first || first[1]?.startsWith('1')) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(first[0])
  if (length) return received.length >= first[0].length + Number(length[1])
  return !/\r\ntransfer-encoding: chunked/i.test(first[0]) || received.endsWith('0\r\n\r\n')
}
