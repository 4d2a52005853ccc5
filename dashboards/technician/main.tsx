import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DevicesResponse } from "../../src/server/contract.ts";
import { type Answer, hasKeys } from "../shared/api.ts";
import { elapsedMs, type Moment, momentOf } from "../shared/clock.ts";
import { usePage } from "../shared/page.ts";
import { startPage } from "../shared/start-page.tsx";
import { TroubleBox } from "../shared/trouble.tsx";
import { Device } from "./device.tsx";
import { JoinCodes, SignOut } from "./people.tsx";
import { Simulation } from "./simulation.tsx";
import "./technician.css";

const isDevices = hasKeys<DevicesResponse>("devices");
const POLL_MS = 2 * SECOND_MS;

function Technician() {
  const page = usePage();
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const beds = page.heard.value?.beds ?? [];
  return (
    <>
      {beds
        .filter((bed) => bed.simulated)
        .map((bed) => (
          <Simulation key={bed.bed} bed={bed} />
        ))}
      <Devices />
      {role === "owner" && <JoinCodes />}
      <SignOut />
    </>
  );
}

function Devices() {
  const page = usePage();
  const { common, technician } = page.format.value.words.pages;
  const answer = useSignal<Answer<DevicesResponse> | undefined>(undefined);
  const answeredAt = useSignal<Moment | undefined>(undefined);
  useEffect(() => {
    let stopped = false;
    let busy = false;
    const load = async () => {
      if (busy || document.visibilityState !== "visible") return;
      busy = true;
      const got = await page.api.get("/api/devices", isDevices);
      busy = false;
      if (stopped) return;
      answer.value = got;
      answeredAt.value = momentOf(page.clock);
    };
    page.handOver(load());
    const stop = page.clock.every(POLL_MS, () => page.handOver(load()));
    return () => {
      stopped = true;
      stop();
    };
  }, []);
  page.everySecond();
  const sinceMs = answeredAt.value === undefined ? 0 : elapsedMs(page.clock, answeredAt.value);
  return (
    <section aria-label={technician.title}>
      <h2>{technician.title}</h2>
      {answer.value === undefined && <p class="waiting">{common.waiting}</p>}
      {answer.value?.ok === false && <TroubleBox trouble={answer.value.problem} />}
      {answer.value?.ok === true && answer.value.value.devices.length === 0 && (
        <p class="empty">{technician.noDevices}</p>
      )}
      {answer.value?.ok === true &&
        answer.value.value.devices.map((device) => (
          <Device key={device.device} device={device} sinceMs={sinceMs} />
        ))}
    </section>
  );
}

startPage({ name: "technician", app: Technician, rings: false });
