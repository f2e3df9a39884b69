// Bare requests to a real API server, for tests that compare answers word by word.
import { Agent, request } from 'node:https'
import type { RealCluster } from './control-plane.ts'

export interface KubeAnswer {
  readonly code: number
  readonly body: Record<string, unknown>
}

export interface KubeHttp extends Disposable {
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<KubeAnswer>
}

/** A client that keeps its connections; dispose of it to close them. */
export function kubeHttp({ server, ca, token }: Pick<RealCluster, 'server' | 'ca' | 'token'>): KubeHttp {
  const agent = new Agent({ keepAlive: true, ca })
  return {
    call: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': contentType }
        const sent = request(`${server}${path}`, { method, agent, headers, timeout: 30_000 }, (answer) => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (part: string) => {
            text += part
          })
          answer.on('end', () => {
            resolve({ code: answer.statusCode ?? 0, body: parsed(text) })
          })
        })
        sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} took longer than 30 s`)))
        sent.on('error', reject)
        sent.end(body === undefined ? undefined : JSON.stringify(body))
      }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}

/** Paths nobody serves are answered in plain text. */
function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { message: text }
  }
}
