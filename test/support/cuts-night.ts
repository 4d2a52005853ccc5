import { type Wall, wall } from "../../src/domain/time.ts";

/** An alarm event is said in every so many seconds. */
export const ALARM_EVERY = 40;

const EVENING = Date.UTC(2026, 0, 15, 22);

/** The n-th second of the night. */
export const secondAt = (n: number): Wall => wall(EVENING + n * 1_000);

export const numberOfSecond = (at: Wall): number => (at - EVENING) / 1_000;

/** What is said in it: a value that tells whether it is the one of its second. */
export const spo2At = (n: number): number => 60 + ((n * 7) % 40);
