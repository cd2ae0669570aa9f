/** A person waits for our answer, and Slack gives up after 3 s. */
const answerWithinMs = 700;

/** Stops waiting, but not asking: a late answer serves the next caller. */
export async function soon<T, L>(answer: Promise<T>, late: L): Promise<T | L> {
  const waited = Promise.withResolvers<L>();
  const timer = setTimeout(() => waited.resolve(late), answerWithinMs);
  try {
    return await Promise.race([answer, waited.promise]);
  } finally {
    clearTimeout(timer);
  }
}
