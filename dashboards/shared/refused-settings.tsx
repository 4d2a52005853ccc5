import type { BedState } from "../../src/server/contract.ts";
import { usePage } from "./page.ts";
import { ProblemLine } from "./trouble.tsx";

/** What was set at the hub is not in force at the bed: said wherever it is set, and to the family. */
export function RefusedSettings(props: { readonly bed: BedState | undefined }) {
  const { common } = usePage().format.value.words.pages;
  const reason = props.bed?.refusedSettings;
  if (reason === undefined) return null;
  return (
    <div class="trouble" data-test="refused-settings">
      <span aria-hidden="true">⚠ </span>
      {common.settingsRefused}
      <ProblemLine problem={reason} otherwise="CONFLICT" />
    </div>
  );
}
