import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isWaveId, WAVES, type WaveId } from "../../src/domain/signal.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { elapsedMs, type Moment, momentOf } from "../shared/clock.ts";
import { GONE_MS, OLD_MS } from "../shared/freshness.ts";
import { listen, usePage, type WaveMessage } from "../shared/page.ts";
import { Sweep } from "../shared/sweep.ts";
import { drawSweep } from "../shared/sweep-drawing.ts";

const COLOURS: { readonly [wave in WaveId]: string } = {
  flow: "#7ad7ff",
  airway_pressure: "#ffd166",
  pleth: "#8ce99a",
  co2: "#e0c3ff",
};

/** About 15 pictures a second: even to the eye, and light for a phone that runs all night. */
const FRAME_MS = 66;

/** The running waveforms of a bed, while the page is visible. */
export function Waves(props: { readonly bed: BedState }) {
  const page = usePage();
  const { bed } = props.bed;
  const shown = useSignal<readonly WaveId[]>([]);
  const heard = useSignal<Moment | undefined>(undefined);
  const sweeps = useRef(new Map<WaveId, Sweep>());
  const canvases = useRef(new Map<WaveId, HTMLCanvasElement>());

  useEffect(() => {
    const receive = (message: WaveMessage) => {
      if (message.bed !== bed) return;
      heard.value = momentOf(page.clock);
      addSamples(sweeps.current, message);
      if (sweeps.current.size !== shown.value.length) shown.value = [...sweeps.current.keys()];
    };
    const ask = () => page.live.request({ kind: "waves", bed, on: document.visibilityState === "visible" });
    const stopHearing = page.onWave(receive);
    const stopAsking = listen(document, "visibilitychange", ask);
    ask();
    return () => {
      stopHearing();
      stopAsking();
      page.live.request({ kind: "waves", bed, on: false });
    };
  }, [bed]);

  useEffect(
    () =>
      animate(
        () => [...sweeps.current.values()],
        (sweep) => canvases.current.get(sweep.wave),
      ),
    [],
  );

  page.everySecond();
  const { words } = page.format.value;
  const ageMs = heard.value === undefined ? undefined : elapsedMs(page.clock, heard.value);
  const gone = ageMs === undefined || ageMs >= GONE_MS || page.phase.value === "lost";
  if (gone) for (const sweep of sweeps.current.values()) sweep.clear();
  const { caregiver } = words.pages;
  if (shown.value.length === 0) return null;
  return (
    <section
      class={ageMs !== undefined && ageMs >= OLD_MS ? "waves waves-old" : "waves"}
      aria-label={caregiver.waves}
    >
      {shown.value.map((wave) => (
        <figure key={wave} class="wave">
          <figcaption>
            {words.terms.waves[wave]} <span class="unit">{page.format.value.unit(WAVES[wave].unit)}</span>
          </figcaption>
          <canvas
            ref={(canvas) => {
              if (canvas === null) canvases.current.delete(wave);
              else canvases.current.set(wave, canvas);
            }}
            // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a picture that is drawn, not loaded
            role="img"
            aria-label={fill(caregiver.waveLabel, { signal: words.terms.waves[wave] })}
          />
        </figure>
      ))}
      {gone ? (
        <p class="wave-remark">{caregiver.waveNone}</p>
      ) : (
        ageMs >= OLD_MS && (
          <p class="wave-remark">{fill(caregiver.waveOld, { age: page.format.value.age(ageMs) })}</p>
        )
      )}
    </section>
  );
}

function addSamples(sweeps: Map<WaveId, Sweep>, message: WaveMessage): void {
  for (const [wave, samples] of Object.entries(message.channels)) {
    if (!isWaveId(wave) || samples === undefined) continue;
    let sweep = sweeps.get(wave);
    if (sweep === undefined || sweep.rateHz !== message.rateHz) {
      sweep = new Sweep(wave, message.rateHz);
      sweeps.set(wave, sweep);
    }
    sweep.add(samples, message.torn === true);
  }
}

/** Draws until the returned function is called; hidden pages are not drawn (the browser sees to that). */
function animate(
  sweeps: () => readonly Sweep[],
  canvasOf: (sweep: Sweep) => HTMLCanvasElement | undefined,
): () => void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let last: number | undefined;
  let handle = requestAnimationFrame(frame);
  function frame(now: number): void {
    handle = requestAnimationFrame(frame);
    if (last !== undefined && now - last < (calm ? 1000 : FRAME_MS)) return;
    const passed = last === undefined ? 0 : now - last;
    last = now;
    for (const sweep of sweeps()) {
      if (calm) sweep.flush();
      else sweep.advance(passed);
      const canvas = canvasOf(sweep);
      if (canvas === undefined) continue;
      fitToScreen(canvas);
      drawSweep(canvas, sweep, COLOURS[sweep.wave]);
    }
  }
  return () => cancelAnimationFrame(handle);
}

function fitToScreen(canvas: HTMLCanvasElement): void {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
