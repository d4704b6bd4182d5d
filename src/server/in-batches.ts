/**
 * The answers to what a source yields, in its order. What is at hand is answered together, up to `limit`: a reader that
 * asks seldom, or whose answers take long, has no fewer of them. No batch begins before the one before it is answered,
 * so that no answer knows less than one that was sent before it.
 */
export function inBatches<Item, Answer>(
  source: AsyncIterator<Item>,
  limit: number,
  answer: (items: readonly Item[]) => Promise<Answer[]>,
): { next(): Promise<IteratorResult<Answer, undefined>> } {
  const items: Item[] = [];
  let answers: Answer[] = [];
  let end: { readonly error?: unknown } | undefined;
  let isReading = false;
  let news = Promise.withResolvers<void>();

  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      while (items.length < limit && !end) {
        const { value, done } = await source.next();
        if (done) end = {};
        else items.push(value);
        news.resolve();
      }
    } catch (error) {
      end = { error };
      news.resolve();
    }
    isReading = false;
  }

  return {
    async next() {
      if (answers.length === 0) {
        void read();
        while (items.length === 0 && !end) {
          news = Promise.withResolvers();
          await news.promise;
        }
        if (items.length > 0) {
          const batch = items.splice(0);
          void read();
          answers = await answer(batch);
        } else if (end && 'error' in end) {
          const { error } = end;
          end = {};
          throw error;
        }
      }
      const [first] = answers.splice(0, 1);
      return first === undefined ? { value: undefined, done: true } : { value: first, done: false };
    },
  };
}
