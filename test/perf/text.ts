// Lines of a streamed answer.
export const asText = {
  async *lines(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
    if (!body) return
    let rest = ''
    for await (const chunk of body.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
      const parts = (rest + chunk).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part.trim() !== '') yield part
    }
  },
}
