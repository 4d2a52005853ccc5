import { type Signal, useSignal } from "@preact/signals";
import type { HomesResponse } from "../../src/server/contract/homes.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";

/** Shown without being asked for; fewer homes need no search. */
const SHOWN = 50;
const MOST = 200;

/** Which homes of many are asked for. */
export interface HomeSearch {
  readonly text: Signal<string>;
  readonly limit: Signal<number>;
  readonly path: string;
}

export function useHomeSearch(): HomeSearch {
  const text = useSignal("");
  const limit = useSignal(SHOWN);
  const query = new URLSearchParams({ limit: String(limit.value) });
  if (text.value.trim() !== "") query.set("search", text.value.trim());
  return { text, limit, path: `/api/homes?${query}` };
}

/** The field above a list of homes, where there are many or somebody searches. */
export function SearchField(props: { readonly search: HomeSearch; readonly total: number }) {
  const words = usePage().format.value.words.people.homes;
  const { text, limit } = props.search;
  if (props.total <= 10 && text.value === "") return null;
  return (
    <label class="field">
      {words.search}
      <input
        type="search"
        name="home-search"
        maxLength={60}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          limit.value = SHOWN;
        }}
      />
    </label>
  );
}

/** How many of how many are shown, and the way to more. */
export function MoreHomes(props: { readonly search: HomeSearch; readonly known: HomesResponse }) {
  const words = usePage().format.value.words.people.homes;
  const { known, search } = props;
  if (known.total === 0 && search.text.value !== "") return <p class="empty">{words.noneFound}</p>;
  if (known.next === undefined) return null;
  const counts = { shown: String(known.homes.length), total: String(known.total) };
  return (
    <p class="small">
      {fill(words.shown, counts)}{" "}
      {search.limit.value < MOST && (
        <button
          type="button"
          onClick={() => {
            search.limit.value = Math.min(MOST, search.limit.value + SHOWN);
          }}
        >
          {words.more}
        </button>
      )}
    </p>
  );
}
