import type { Sweep } from "./sweep.ts";

/** Draws the line with a gap before the cursor, where the oldest samples are being replaced. */
export function drawSweep(canvas: HTMLCanvasElement, sweep: Sweep, colour: string): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  const { low, high } = sweep.range();
  const { points } = sweep;
  const y = (value: number) => height - ((value - low) / (high - low)) * (height - 4) - 2;
  context.clearRect(0, 0, width, height);
  context.strokeStyle = "#33404d";
  context.lineWidth = 1;
  if (low < 0) line(context, 0, y(0), width, y(0));
  context.strokeStyle = colour;
  context.lineWidth = Math.max(2, height / 40);
  context.lineJoin = "round";
  context.beginPath();
  let drawing = false;
  const cursor = Math.round(sweep.cursor * points.length);
  const blank = Math.round(points.length / 40);
  points.forEach((value, index) => {
    const ahead = (index - cursor + points.length) % points.length;
    if (value === undefined || ahead < blank) {
      drawing = false;
      return;
    }
    const x = (index / points.length) * width;
    if (drawing) context.lineTo(x, y(value));
    else context.moveTo(x, y(value));
    drawing = true;
  });
  context.stroke();
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
