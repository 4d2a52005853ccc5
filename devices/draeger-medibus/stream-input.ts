import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { createRealtimeDecoder, parseConfigurations } from "./realtime.ts";
import { planStreams, type StreamPlan } from "./streams.ts";
import { createWaveCollector, type WaveCollector } from "./wave.ts";

/** The realtime side of the conversation: what was offered, what is asked for, and what comes. */
export interface StreamInput {
  /** A realtime byte, in its order. */
  push(byte: number): void;
  /** Takes what the device offers; false where it cannot be read. */
  offer(configurations: string): boolean;
  /** What comes from now on means nothing until the device has offered again. */
  forget(): void;
  /** What to ask for of the last offer. */
  readonly plan: StreamPlan | undefined;
}

export interface StreamInputOptions {
  readonly context: Pick<DriverContext, "clock" | "trace" | "options">;
  /** Whether the device plays a patient of its own. */
  isSimulating(): boolean;
  /** The device is alive. */
  heard(): void;
  pass(readings: readonly DeviceReading[]): void;
}

/** Nothing for so long in a stream of samples, and nobody knows how many are missing. */
const GAP_MS = 2_000;

const NO_BYTES = new Uint8Array(0);

export function createStreamInput({ context, isSimulating, heard, pass }: StreamInputOptions): StreamInput {
  const { clock, trace, options } = context;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  let plan: StreamPlan | undefined;
  let waves: WaveCollector | undefined;

  const hear = (): void => {
    heard();
    if (clock.mono() - lastAtMs > GAP_MS) waves?.gap();
    lastAtMs = clock.mono();
  };

  const realtime = createRealtimeDecoder({
    onGroup(group, bytes) {
      hear();
      if (isSimulating()) return trace.reject(bytes, "the ventilator is in simulation");
      if (waves?.take(group) !== true) return trace.reject(bytes, "a stream that was not asked for");
      const names = plan?.streams.map(({ wave }) => wave).join(", ");
      trace.frame(bytes, () => `samples of ${names}`);
      pass(waves.drain());
    },
    onPhase(phase, bytes) {
      hear();
      if (waves === undefined) return trace.reject(bytes, "a stream that was not asked for");
      trace.frame(bytes, () => `${phase} begins`);
      waves.mark(phase, clock.mono());
      pass(waves.drain());
    },
    onLoss(bytes, reason) {
      trace.reject(bytes, reason);
      waves?.gap();
    },
  });

  return {
    push: realtime.push,
    offer(configurations) {
      const offered = parseConfigurations(configurations);
      if (offered === undefined) return false;
      plan = planStreams(offered, options);
      waves =
        plan === undefined
          ? undefined
          : createWaveCollector(plan, (loss) => trace.reject(NO_BYTES, `breath not counted: ${loss}`));
      return true;
    },
    forget() {
      plan = undefined;
      waves = undefined;
    },
    get plan() {
      return plan;
    },
  };
}
