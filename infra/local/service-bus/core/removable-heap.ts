// A binary min-heap whose nodes can be taken out from anywhere. It orders deadlines, ready messages and free sessions.

/** A place in a heap. `index` is -1 when the node is in no heap. */
export interface HeapNode<T> {
  readonly key: number
  readonly value: T
  index: number
}

/** Smallest key first. Equal keys come in no particular order. */
export class RemovableHeap<T> {
  readonly #nodes: HeapNode<T>[] = []

  get size(): number {
    return this.#nodes.length
  }

  push(key: number, value: T): HeapNode<T> {
    const node: HeapNode<T> = { key, value, index: this.#nodes.length }
    this.#nodes.push(node)
    this.#rise(node)
    return node
  }

  peek(): HeapNode<T> | undefined {
    return this.#nodes[0]
  }

  pop(): HeapNode<T> | undefined {
    const first = this.#nodes[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Does nothing for a node that already left. */
  remove(node: HeapNode<T>): void {
    if (node.index < 0) return
    const hole = node.index
    node.index = -1
    const last = this.#nodes.pop()
    if (last === undefined || last === node) return
    this.#place(last, hole)
    this.#rise(last)
    this.#sink(last)
  }

  #place(node: HeapNode<T>, index: number): void {
    this.#nodes[index] = node
    node.index = index
  }

  #rise(node: HeapNode<T>): void {
    while (node.index > 0) {
      const parent = this.#nodes[(node.index - 1) >> 1]
      if (parent === undefined || parent.key <= node.key) return
      this.#swap(node, parent)
    }
  }

  #sink(node: HeapNode<T>): void {
    for (;;) {
      const left = this.#nodes[2 * node.index + 1]
      const right = this.#nodes[2 * node.index + 2]
      const child = right !== undefined && left !== undefined && right.key < left.key ? right : left
      if (child === undefined || child.key >= node.key) return
      this.#swap(child, node)
    }
  }

  #swap(upper: HeapNode<T>, lower: HeapNode<T>): void {
    const index = upper.index
    this.#place(upper, lower.index)
    this.#place(lower, index)
  }
}
