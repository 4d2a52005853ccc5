import { Fault } from "../domain/fault.ts";
import { keyFingerprint, type PresetCode, presetCryptoOf, verifyPresetCode } from "../domain/preset-code.ts";
import type { LimitsAuthor, LimitsCodePreview, LimitsSaved } from "../port/limits.ts";
import type { LimitsOffice } from "./limits-desk.ts";
import { proposalOf } from "./limits-plan.ts";

const presetCrypto = presetCryptoOf(crypto.subtle);

/** Verifies a clinic's code and says what it would change. Rejects with PRESET_CODE_BAD, PRESET_CODE_OLD, LIMITS_REFUSED. */
export async function previewCode(office: LimitsOffice, text: string): Promise<LimitsCodePreview> {
  return previewOf(office, await verifyPresetCode(text, presetCrypto));
}

async function previewOf(office: LimitsOffice, code: PresetCode): Promise<LimitsCodePreview> {
  const { preset } = code;
  await refuseOld(office, code);
  if (preset.dependencyClass !== undefined && preset.dependencyClass !== office.dependencyClass) {
    throw new Fault(
      "LIMITS_REFUSED",
      `This code is for class ${preset.dependencyClass}, and this bed is class ${office.dependencyClass}.`,
      { fix: "Ask the clinic for the code of this class.", permanent: true },
    );
  }
  const { standing } = await office.look();
  const { changed, widened, outside } = proposalOf(preset.limits, standing, office);
  const clinics = await office.state.trustedClinics();
  const key = keyText(code);
  const known = clinics.some((clinic) => clinic.key === key);
  const other = clinics.some(({ name }) => name === preset.clinic);
  return {
    ...{ preset, changed, widened, outside },
    fingerprint: await keyFingerprint(code.key, presetCrypto),
    clinic: known ? "known" : other ? "other" : "unknown",
  };
}

/**
 * Takes a clinic's code over as a new version. The clinic's signature stands for a therapist: what it widens stays
 * until somebody changes it. Its key is kept once a person has confirmed its fingerprint.
 */
export async function applyCode(
  office: LimitsOffice,
  text: string,
  author: Omit<LimitsAuthor, "reason" | "until"> & { readonly fingerprint?: string },
): Promise<LimitsSaved> {
  const code = await verifyPresetCode(text, presetCrypto);
  const { preset, fingerprint, clinic } = await previewOf(office, code);
  if (author.role !== "owner" && author.role !== "therapist") {
    throw new Fault("NOT_ALLOWED", `The role ${author.role} takes no clinic codes over.`, {
      permanent: true,
    });
  }
  if (clinic !== "known" && digits(author.fingerprint ?? "") !== digits(fingerprint)) {
    throw new Fault(
      "PRESET_CODE_UNKNOWN",
      clinic === "other"
        ? `${preset.clinic} is known here with another key.`
        : `${preset.clinic} is not known here.`,
      { fix: `Compare ${fingerprint} with the number from the clinic, and send it as "fingerprint".` },
    );
  }
  const key = keyText(code);
  const { by, role, confirmed, expected } = author;
  const saved = await office.save(
    {
      ...{ by, role, confirmed, limits: preset.limits, until: "changed" },
      authority: "therapist",
      reason: `${preset.clinic}: ${preset.name}, version ${preset.issue}`,
      origin: { kind: "code", clinic: preset.clinic, key, name: preset.name, issue: preset.issue },
    },
    expected,
  );
  await office.state.trustClinic({ key, name: preset.clinic, trustedAt: office.clock.wall(), by });
  return saved;
}

/** An old print-out must not undo a newer decision. */
async function refuseOld({ state, bed }: LimitsOffice, code: PresetCode): Promise<void> {
  const key = keyText(code);
  const issues = (await state.limits(bed, Number.MAX_SAFE_INTEGER)).flatMap(({ origin }) =>
    origin.kind === "code" && origin.key === key && origin.name === code.preset.name ? [origin.issue] : [],
  );
  const newest = Math.max(0, ...issues);
  if (code.preset.issue >= newest) return;
  throw new Fault(
    "PRESET_CODE_OLD",
    `This is version ${code.preset.issue}; version ${newest} was in use here.`,
    {
      fix: "Ask the clinic for the newest code.",
      permanent: true,
    },
  );
}

/** Digits alone: how they are grouped does not matter. */
const digits = (shown: string): string => shown.replaceAll(/\D/g, "");

const keyText = ({ key }: PresetCode): string => Buffer.from(key).toString("base64url");
