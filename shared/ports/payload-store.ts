// Manifests, stored once by content however many placements and clusters use them.

export interface PayloadStore {
  /** Stores a text under its SHA-256 (hex) and returns that. Storing the same text again costs one read at most. */
  put(text: string): Promise<string>
  /** Throws NotFoundError for a hash that was never stored. */
  get(hash: string): Promise<string>
}
