import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import type { LimitsVersion } from "../../src/domain/limits.ts";
import type {
  CheckLimitsResponse,
  LimitsResponse,
  SetLimitsResponse,
} from "../../src/server/contract/limits.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { Dialog } from "../shared/dialog.tsx";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { Changes, isSaved, SaveForm } from "./limits-review.tsx";

const isPreview = hasKeys<CheckLimitsResponse>("changed", "widened", "outside");
/** Versions that are listed. */
const LISTED = 30;

/** Who changed what, when and why, newest first, each with a way back to it. */
export function History(props: {
  readonly bed: BedId;
  readonly zone: string;
  readonly picture: LimitsResponse;
  /** Asked for from elsewhere: the version to go back to. */
  readonly wanted: number | undefined;
  readonly onWant: (version: number | undefined) => void;
  readonly onSaved: (saved: SetLimitsResponse) => void;
}) {
  const format = usePage().format.value;
  const { limits } = format.words;
  const { picture, zone } = props;
  const versions = picture.history.slice(0, LISTED);
  return (
    <section class="limits-history">
      <h3>{limits.history}</h3>
      <ol class="versions">
        {versions.map((version) => (
          <li key={version.version}>
            <p>
              <strong>{fill(limits.version, { version: version.version })}</strong>
              {version.version === picture.version && <span class="tag tag-changed">{limits.current}</span>}{" "}
              {byAt(format, version, zone)}
            </p>
            <p class="small">
              {originOf(format, version)} · {version.reason}
            </p>
            {version.version !== picture.version && (
              <button type="button" onClick={() => props.onWant(version.version)}>
                {fill(limits.restore, { version: version.version })}
              </button>
            )}
          </li>
        ))}
        <li>
          <p>
            <strong>{fill(limits.versionNone, { what: picture.dependencyClass })}</strong>
            {picture.version === 0 && <span class="tag tag-changed">{limits.current}</span>}
          </p>
          {picture.version !== 0 && (
            <button type="button" onClick={() => props.onWant(0)}>
              {fill(limits.restore, { version: 0 })}
            </button>
          )}
        </li>
      </ol>
      {props.wanted !== undefined && (
        <Restore
          key={props.wanted}
          {...props}
          version={props.wanted}
          onClose={() => props.onWant(undefined)}
        />
      )}
    </section>
  );
}

/** "Mei, 10 Jan 2026, 22:00" */
export const byAt = (format: Format, { by, at }: LimitsVersion, zone: string): string =>
  fill(format.words.limits.byAt, { name: by.name, time: format.dateTime(at, zone) });

export function originOf(format: Format, { origin }: LimitsVersion): string {
  const { origins } = format.words.limits;
  switch (origin.kind) {
    case "person":
      return origins.person;
    case "restore":
      return fill(origins.restore, { version: origin.version });
    case "code":
      return fill(origins.code, { name: `${origin.clinic}, ${origin.name}` });
    case "expiry":
      return fill(origins.expiry, { version: origin.version });
  }
}

function Restore(props: {
  readonly bed: BedId;
  readonly picture: LimitsResponse;
  readonly version: number;
  readonly onClose: () => void;
  readonly onSaved: (saved: SetLimitsResponse) => void;
}) {
  const page = usePage();
  const { limits, pages } = page.format.value.words;
  const { picture, version } = props;
  const path = `/api/beds/${encodeURIComponent(props.bed)}/limits`;
  const preview = useSignal<CheckLimitsResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const file = version === 0 ? {} : picture.history.find((one) => one.version === version)?.file;
  useEffect(() => {
    if (file === undefined) return;
    page.handOver(
      page.api.post(`${path}/check`, { limits: file }, isPreview).then((answer) => {
        if (answer.ok) preview.value = answer.value;
        else trouble.value = answer.problem;
      }),
    );
  }, [version]);
  return (
    <Dialog title={fill(limits.restore, { version })} onClose={props.onClose}>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {preview.value === undefined && trouble.value === undefined && (
        <p class="waiting">{pages.common.waiting}</p>
      )}
      {preview.value !== undefined && (
        <>
          <Changes picture={picture} preview={preview.value} />
          <SaveForm
            preview={preview.value}
            body={{}}
            label={fill(limits.restore, { version })}
            send={(body) =>
              page.api.change("POST", `${path}/restore/${version}`, body, picture.version, isSaved)
            }
            onSaved={props.onSaved}
          />
        </>
      )}
      <button type="button" onClick={props.onClose}>
        {pages.common.cancel}
      </button>
    </Dialog>
  );
}
