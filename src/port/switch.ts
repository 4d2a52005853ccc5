/** Something that is on or off: a lamp, a bed shaker, a siren of another maker. */
export interface Switch {
  /** Resolves when it is so, as far as this machine can know; rejects with a reason for people. */
  set(on: boolean): Promise<void>;
  /** Lets go of it, as it is. */
  close(): Promise<void>;
}

/** An output line of a GPIO chip of this machine. */
export interface GpioLine {
  /** As the kernel names it: `gpiochip0`. */
  readonly chip: string;
  /** Its offset on the chip; on a Raspberry Pi the BCM number. */
  readonly line: number;
  /** On is a low level. */
  readonly activeLow: boolean;
}
