// One plain client for both servers: node's own HTTP over kept connections, so that what differs is the server.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { KubeObject } from '../../../shared/api/kube-object.ts'

export interface Target {
  readonly url: string
  /** Absent where the server asks for none. */
  readonly token?: string
  readonly ca?: string
  /** Programs that make up the server, for processor time and memory. */
  readonly pids: readonly number[]
}

export interface ApiClient {
  /** The body of the answer. Throws for anything but a 2xx, with what the server said. */
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<string>
  /** Calls back for each line of an endless answer; resolves once the first byte is there. */
  follow(path: string, onLine: (line: string) => void): Promise<void>
  close(): void
}

const jsonType = 'application/json'

export function apiClient({ url, token, ca }: Target): ApiClient {
  const base = new URL(url)
  const secure = base.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true, ...(ca && { ca }) }) : new HttpAgent({ keepAlive: true })
  const request = secure ? httpsRequest : httpRequest
  const open = new Set<IncomingMessage>()

  function call(method: string, path: string, body: string | undefined, type: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = {
        accept: jsonType,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      }
      const target = { host: base.hostname, port: base.port, method, path, headers, agent }
      request(target, resolve).on('error', reject).end(body)
    })
  }

  return {
    send: async (method, path, body, contentType = jsonType) => {
      const answer = await call(method, path, body === undefined ? undefined : JSON.stringify(body), contentType)
      const parts: Buffer[] = []
      for await (const part of answer) parts.push(part as Buffer)
      const text = Buffer.concat(parts).toString('utf8')
      const code = answer.statusCode ?? 0
      if (code < 200 || code > 299) throw new Error(`${method} ${path}: ${code} ${text.slice(0, 300)}`)
      return text
    },
    follow: async (path, onLine) => {
      const answer = await call('GET', path, undefined, jsonType)
      if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode}`)
      open.add(answer)
      let rest = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line.trim() !== '') onLine(line)
      })
      answer.on('error', () => undefined)
    },
    close: () => {
      for (const answer of open) answer.destroy()
      agent.destroy()
    },
  }
}

/** A ConfigMap of about 1 KB, the same for every server. */
export function configMap(name: string, turn = 0): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { app: 'bench', turn: String(turn) } },
    data: { filler: 'x'.repeat(1_000), turn: String(turn) },
  }
}
