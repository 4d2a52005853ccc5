import type { ComponentChildren } from "preact";
import { usePage } from "../shared/page.ts";

/** Wiring drawings: our own, in the colour of the text, so that they can be printed. */
function Drawing(props: {
  readonly label: string;
  readonly top?: number;
  readonly children: ComponentChildren;
}) {
  const top = props.top ?? 0;
  return (
    <svg
      class="wiring"
      viewBox={`0 ${String(top)} 340 ${String(170 - top)}`}
      role="img"
      aria-label={props.label}
    >
      {props.children}
    </svg>
  );
}

function Box(props: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly name: string;
}) {
  const { x, y, width, height, name } = props;
  return (
    <>
      <rect class="wire" x={x} y={y} width={width} height={height} rx="6" />
      <text class="part-name" x={x + width / 2} y={y - 6}>
        {name}
      </text>
    </>
  );
}

/** A pin of the adapter's nine-pole socket. */
function Pin(props: { readonly y: number; readonly name: string; readonly number: number }) {
  const { y, name, number } = props;
  return (
    <>
      <circle class="pin" cx="262" cy={y} r="4" />
      <text class="pin-name" x="272" y={y + 4}>
        {`${String(number)} ${name}`}
      </text>
    </>
  );
}

const Wire = (props: { readonly path: string }) => <path class="wire" d={props.path} />;

/** DTR feeds the common; closed in peace comes back on DSR, closing in alarm on CTS. */
export function ContactDrawing(props: { readonly label: string }) {
  const { parts } = usePage().format.value.words.pages.technician.commissioning;
  return (
    <Drawing label={props.label}>
      <Box x={8} y={24} width={140} height={136} name={parts.ventilator} />
      <Box x={250} y={24} width={82} height={136} name={parts.adapter} />
      <Pin y={52} number={4} name="DTR" />
      <Pin y={96} number={6} name="DSR" />
      <Pin y={140} number={8} name="CTS" />
      <Wire path="M258 52 H40 V92" />
      <circle class="pin" cx="40" cy="92" r="3" />
      <Wire path="M40 92 L70 96" />
      <circle class="pin" cx="72" cy="96" r="3" />
      <Wire path="M72 96 H258" />
      <circle class="pin" cx="72" cy="140" r="3" />
      <Wire path="M72 140 H258" />
      <text class="wire-name" x="199" y="46">
        {parts.common}
      </text>
      <text class="wire-name" x="199" y="90">
        {parts.closedInPeace}
      </text>
      <text class="wire-name" x="199" y="134">
        {parts.closesInAlarm}
      </text>
    </Drawing>
  );
}

/** DTR through the switch to CTS. */
export function CallDrawing(props: { readonly label: string }) {
  const { parts } = usePage().format.value.words.pages.technician.commissioning;
  return (
    <Drawing label={props.label}>
      <Box x={8} y={44} width={120} height={96} name={parts.switch} />
      <Box x={250} y={24} width={82} height={136} name={parts.adapter} />
      <Pin y={64} number={4} name="DTR" />
      <Pin y={120} number={8} name="CTS" />
      <Wire path="M258 64 H68 V78" />
      <circle class="pin" cx="68" cy="78" r="3" />
      <Wire path="M68 106 L52 80" />
      <circle class="pin" cx="68" cy="106" r="3" />
      <Wire path="M68 106 V120 H258" />
    </Drawing>
  );
}

/** Sensor, oximeter, box; the loop takes the pull. */
export function OximeterDrawing(props: { readonly label: string }) {
  const { parts } = usePage().format.value.words.pages.technician.commissioning;
  return (
    <Drawing label={props.label} top={36}>
      <Box x={8} y={70} width={64} height={36} name={parts.sensor} />
      <Box x={164} y={62} width={64} height={52} name={parts.oximeter} />
      <Box x={272} y={54} width={60} height={68} name={parts.box} />
      <Wire path="M72 88 H104 C124 88 128 132 112 132 C96 132 100 88 120 88 H164" />
      <Wire path="M228 88 H272" />
      <Wire path="M96 104 H130 M96 112 H130" />
      <text class="wire-name" x="112" y="154">
        {parts.loop}
      </text>
      <text class="pin-name" x="234" y="80">
        TxD
      </text>
    </Drawing>
  );
}
