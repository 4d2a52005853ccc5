/** Hands what arrives, at any time, to one reader, in order: for drivers that ask and listen at once. */
export interface Inbox<Item> {
  /** Beyond the limit the oldest is dropped. */
  put(item: Item): void;
  /** Nothing more will come; with a cause, next() throws it once everything is read. */
  end(failure?: { readonly cause: unknown }): void;
  /** The oldest unread item, as soon as there is one; undefined at the end. */
  next(): Promise<Item | undefined>;
}

export function createInbox<Item>(limit: number): Inbox<Item> {
  const items: Item[] = [];
  let ended = false;
  let failed: { readonly cause: unknown } | undefined;
  let wake = (): void => undefined;

  return {
    put(item) {
      items.push(item);
      if (items.length > limit) items.shift();
      wake();
    },
    end(failure) {
      ended = true;
      failed = failure;
      wake();
    },
    async next() {
      while (items.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (items.length === 0 && failed !== undefined) throw failed.cause;
      return items.shift();
    },
  };
}
