/**
 * The same chunks, ending quietly as soon as the signal aborts, also while waiting for one. For one reader. What the
 * source throws is passed on; its own end ends this.
 */
export function chunksUntil<Item>(source: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Item> {
  return { [Symbol.asyncIterator]: () => iterateUntil(source[Symbol.asyncIterator](), signal) };
}

function iterateUntil<Item>(inner: AsyncIterator<Item>, signal: AbortSignal): AsyncIterator<Item> {
  const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let wake: ((result: IteratorResult<Item>) => void) | undefined;
  const onAbort = (): void => wake?.(ended);
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    next: () =>
      signal.aborted
        ? Promise.resolve(ended)
        : new Promise((resolve, reject) => {
            wake = resolve;
            inner.next().then(resolve, reject);
          }),
    async return() {
      signal.removeEventListener("abort", onAbort);
      await inner.return?.();
      return ended;
    },
  };
}
