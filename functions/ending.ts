// Aborted when the host is about to end this process, so that functions that only wait return in time.
export const ending = new AbortController()
