/** Polls until the condition holds, and answers what it answered; throws when it takes too long. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20 } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result) return result as NonNullable<Exclude<T, false>>;
    if (Date.now() > deadline) throw new Error(`Did not hold within ${timeoutMs} ms: ${condition}`);
    await new Promise(resolve => setTimeout(resolve, everyMs));
  }
}
