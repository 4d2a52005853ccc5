/**
 * Alveolar gas and blood: one lung store for oxygen, one body store for carbon dioxide, a haemoglobin curve and the
 * delay from lung to finger.
 */
export interface Gas {
  /** Advances by `dtS` with the alveolar ventilation of that time (L/min). */
  step(dtS: number, alveolarLMin: number): void;
  /** Arterial saturation as it arrives at the finger, %. */
  readonly saturation: number;
  /** Arterial CO2, mmHg. */
  readonly co2: number;
}

/** L/min at rest, supine adult with little muscle (about 3 mL/kg/min). */
const OXYGEN_USE = 0.2;
const CO2_MADE = 0.16;
/** L: functional residual capacity of a supine person with weak muscles on 6 cmH2O. */
const LUNG_STORE_L = 1.5;
/** L per unit fraction: what the body stores within minutes; CO2 rises by 3 to 5 mmHg a minute in apnoea (Farhi and
 * Rahn, Anesthesiology 1960;21:604). */
const CO2_STORE_L = 22;
const INSPIRED = 0.21;
/** mmHg, barometric less water vapour. */
const DRY_PRESSURE = 713;
/** Lung to finger, s: median circulation delay of awake adults, plus spread. */
const CIRCULATION_DELAY_S = 14;
const MIXING_S = 5;
/** Normal difference between alveolar and arterial oxygen, mmHg. */
const OXYGEN_GRADIENT = 10;

/** Severinghaus 1979, J Appl Physiol 46:599: saturation from oxygen tension (mmHg) as a fraction. */
export function severinghaus(oxygen: number): number {
  const p = Math.max(1, oxygen);
  return 1 / (23_400 / (p ** 3 + 150 * p) + 1);
}

export function createGas(): Gas {
  let oxygen = INSPIRED - OXYGEN_USE / 3;
  let co2 = CO2_MADE / 3;
  let atFinger = severinghaus(oxygen * DRY_PRESSURE - OXYGEN_GRADIENT);
  /** At most CIRCULATION_DELAY_S of them. */
  const delayed: { readonly dueS: number; readonly saturation: number }[] = [];
  let nowS = 0;
  let lastQueuedS = 0;
  return {
    step(dtS, alveolarLMin) {
      nowS += dtS;
      const minutes = dtS / 60;
      oxygen += ((alveolarLMin * (INSPIRED - oxygen) - OXYGEN_USE) / LUNG_STORE_L) * minutes;
      oxygen = Math.min(INSPIRED, Math.max(0.02, oxygen));
      co2 += ((CO2_MADE - alveolarLMin * co2) / CO2_STORE_L) * minutes;
      co2 = Math.min(0.25, Math.max(0.01, co2));
      if (nowS - lastQueuedS >= 0.5) {
        lastQueuedS = nowS;
        const saturation = severinghaus(oxygen * DRY_PRESSURE - OXYGEN_GRADIENT);
        delayed.push({ dueS: nowS + CIRCULATION_DELAY_S, saturation });
      }
      const first = delayed[0];
      if (first !== undefined && first.dueS <= nowS) {
        delayed.shift();
        atFinger += (first.saturation - atFinger) * (1 - Math.exp(-0.5 / MIXING_S));
      }
    },
    get saturation() {
      return atFinger * 100;
    },
    get co2() {
      return co2 * DRY_PRESSURE;
    },
  };
}
