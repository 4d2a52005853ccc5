// The Bluetooth process: a program of its own, since noble and the adapters' drivers can hang, crash or stay behind in
// a state that only a fresh process is free of. It does what its parent asks, keeps no time, and ends with its parent.
import { messageOf } from "../domain/fault.ts";
import { type BleAsk, type BleTold, RadioProblem } from "./ble-messages.ts";
import { type BleRadio, openRadio } from "./ble-radio.ts";

let radio: BleRadio | undefined;

const tell = (told: BleTold): void => {
  if (process.connected) process.send?.(told);
};

const started = (): BleRadio => {
  if (radio === undefined) throw new Error("the radio was not started");
  return radio;
};

async function obey(ask: BleAsk): Promise<readonly string[]> {
  switch (ask.do) {
    case "start":
      radio = await openRadio(ask.radio, {
        packet: (channel, bytes) => tell({ told: "packet", channel, bytes: new Uint8Array(bytes) }),
        heard: (heard) => tell({ told: "heard", heard }),
        lost: (detail) => tell({ told: "lost", detail }),
      });
      return [radio.adapter];
    case "find":
      return [await started().find(ask.wanted)];
    case "heard":
      return started().heard();
    case "listen":
      await started().listen();
      return [];
    case "connect":
      await started().connect();
      return [];
    case "bond":
      await started().bond();
      return [];
    case "discover":
      return started().discover();
    case "subscribe":
      await started().subscribe(ask.uuid, ask.channel);
      return [];
    case "read":
      await started().read(ask.uuid, ask.channel);
      return [];
    case "write":
      await started().write(ask.uuid, ask.bytes, ask.withResponse);
      return [];
    case "leave":
      await radio?.leave();
      return [];
  }
}

process.on("message", ({ id, ask }: { readonly id: number; readonly ask: BleAsk }) => {
  obey(ask).then(
    (values) => tell({ told: "answer", id, values }),
    (error: unknown) => {
      const why = error instanceof RadioProblem ? error.why : "failed";
      tell({ told: "refusal", id, why, detail: messageOf(error) });
    },
  );
});
// Open adapters would keep it alive.
process.on("disconnect", () => process.exit(0));
