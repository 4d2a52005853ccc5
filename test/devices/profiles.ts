// What the conformance suite knows of each family beside its module: one line a family.
import type { ConformanceProfile } from "../support/conformance.ts";
import { alarmListenerProfile } from "./profiles/alarm-listener.ts";
import { berryMedBciProfile } from "./profiles/berrymed-bci.ts";
import { bmcCardProfile } from "./profiles/bmc-card.ts";
import { callSwitchKeyProfile, callSwitchWireProfile } from "./profiles/call-switch.ts";
import { choiceMMedOximeterProfile } from "./profiles/choicemmed-oximeter.ts";
import { contecEbFileProfile, contecEbProfile } from "./profiles/contec-eb.ts";
import { contecFirstProfile } from "./profiles/contec-first.ts";
import { contecV7Profile } from "./profiles/contec-v7.ts";
import { creativePc60BleProfile, creativePc60SerialProfile } from "./profiles/creative-pc60.ts";
import { csvImportProfile } from "./profiles/csv-import.ts";
import { draegerMedibusProfile } from "./profiles/draeger-medibus.ts";
import { edgePowerLinuxProfile, edgePowerNutProfile } from "./profiles/edge-power.ts";
import { hamiltonPollingProfile } from "./profiles/hamilton-polling.ts";
import { jumperOximeterProfile } from "./profiles/jumper-oximeter.ts";
import { loewensteinPrismaProfile } from "./profiles/loewenstein-prisma.ts";
import { lpowOximeterProfile } from "./profiles/lpow-oximeter.ts";
import { masimoAsciiProfile } from "./profiles/masimo-ascii.ts";
import { meteringPlugProfile } from "./profiles/metering-plug.ts";
import { nellcorTextProfile } from "./profiles/nellcor-text.ts";
import { noninBleProfile } from "./profiles/nonin-ble.ts";
import { noninSerialProfile } from "./profiles/nonin-serial.ts";
import { oridionMicrostreamProfile } from "./profiles/oridion-microstream.ts";
import { philipsPrs1Profile } from "./profiles/philips-prs1.ts";
import { philipsV60Profile } from "./profiles/philips-v60.ts";
import { puritanBennett840ParametersProfile } from "./profiles/puritan-bennett-840-parameters.ts";
import { puritanBennett840WaveformProfile } from "./profiles/puritan-bennett-840-waveform.ts";
import { remoteAlarmContactProfile } from "./profiles/remote-alarm-contact.ts";
import { resmedCardProfile } from "./profiles/resmed-card.ts";
import { respironicsCapnostatProfile } from "./profiles/respironics-capnostat.ts";
import { resventCardProfile } from "./profiles/resvent-card.ts";
import { sigPlxProfile } from "./profiles/sig-plx.ts";
import { tosca500Profile } from "./profiles/tosca-500.ts";
import { viatomOxyiiFileProfile, viatomOxyiiProfile } from "./profiles/viatom-oxyii.ts";
import { viatomRingFileProfile, viatomRingProfile } from "./profiles/viatom-ring.ts";
import { yuwellFeProfile } from "./profiles/yuwell-fe.ts";

export const PROFILES: { readonly [id: string]: ConformanceProfile } = {
  "nonin-serial": noninSerialProfile,
  "puritan-bennett-840-waveform": puritanBennett840WaveformProfile,
  "puritan-bennett-840-parameters": puritanBennett840ParametersProfile,
  "sig-plx": sigPlxProfile,
  "masimo-ascii": masimoAsciiProfile,
  "nellcor-text": nellcorTextProfile,
  "nonin-ble": noninBleProfile,
  "nonin-ble-3150": noninBleProfile,
  "viatom-ring": viatomRingProfile,
  "viatom-ring-file": viatomRingFileProfile,
  "csv-import": csvImportProfile,
  "choicemmed-oximeter": choiceMMedOximeterProfile,
  "contec-eb-hid": contecEbProfile,
  "contec-eb-ble": contecEbProfile,
  "contec-eb-file": contecEbFileProfile,
  "berrymed-bci": berryMedBciProfile,
  "respironics-capnostat": respironicsCapnostatProfile,
  "yuwell-fe": yuwellFeProfile,
  "creative-pc60-ble": creativePc60BleProfile,
  "creative-pc60-serial": creativePc60SerialProfile,
  "oridion-microstream": oridionMicrostreamProfile,
  "draeger-medibus": draegerMedibusProfile,
  "jumper-oximeter": jumperOximeterProfile,
  "lpow-oximeter": lpowOximeterProfile,
  "bmc-card": bmcCardProfile,
  "contec-v7": contecV7Profile,
  "hamilton-polling": hamiltonPollingProfile,
  "resmed-card": resmedCardProfile,
  "call-switch-key": callSwitchKeyProfile,
  "call-switch-wire": callSwitchWireProfile,
  "remote-alarm-contact": remoteAlarmContactProfile,
  "contec-first": contecFirstProfile,
  "viatom-oxyii": viatomOxyiiProfile,
  "viatom-oxyii-file": viatomOxyiiFileProfile,
  "philips-v60": philipsV60Profile,
  "philips-prs1": philipsPrs1Profile,
  "tosca-500": tosca500Profile,
  "metering-plug": meteringPlugProfile,
  "alarm-listener": alarmListenerProfile,
  "edge-power-linux": edgePowerLinuxProfile,
  "edge-power-nut": edgePowerNutProfile,
  "resvent-card": resventCardProfile,
  "loewenstein-prisma": loewensteinPrismaProfile,
};
