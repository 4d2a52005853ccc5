import { Fault } from "../domain/fault.ts";

/** Part of a list, newest first; `next` is what to send as `before` to go on, absent at the end. */
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/**
 * The part of a list, newest first, that a request asks for. The cursor names the last one that was seen, so that what
 * comes meanwhile moves nothing. Throws INPUT_INVALID for a cursor that names nothing in the list.
 */
export function pageOf<T>(
  all: readonly T[],
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
  nameOf: (item: T) => string,
): PageOf<T> {
  const last = before === undefined ? -1 : all.findIndex((item) => nameOf(item) === before);
  if (before !== undefined && last < 0) {
    throw new Fault("INPUT_INVALID", "There is nothing here to go on from.", {
      fix: "Begin again without `before`.",
    });
  }
  const items = all.slice(last + 1, last + 1 + limit);
  const end = items.at(-1);
  return end === undefined || last + 1 + items.length >= all.length
    ? { items }
    : { items, next: nameOf(end) };
}

/** How many are wanted: what was asked for, up to a most; `usual` where nothing was asked for. */
export const limitOf = (
  asked: string | undefined,
  bounds: { readonly usual: number; readonly most: number },
): number => (asked === undefined ? bounds.usual : Math.min(Math.max(Number(asked), 1), bounds.most));
