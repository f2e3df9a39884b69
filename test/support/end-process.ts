// Ends a test file's process once its last test is over.

/**
 * A closed Service Bus client leaves timers behind, the longest of four minutes, that keep its process waiting. Called in
 * the last hook; the moment is for the results to reach the runner.
 */
export function endProcess(): void {
  setTimeout(() => process.exit(), 300)
}
