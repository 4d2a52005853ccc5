import type { DeviceModule } from "../src/driver/contract.ts";
import { alarmListener } from "./alarm-listener/module.ts";
import { berryMedBci } from "./berrymed-bci/module.ts";
import { bmcCard } from "./bmc-card/module.ts";
import { callSwitchKey, callSwitchWire } from "./call-switch/module.ts";
import { choiceMMedOximeter } from "./choicemmed-oximeter/module.ts";
import { contecEbBle, contecEbFile, contecEbHid } from "./contec-eb/module.ts";
import { contecFirst } from "./contec-first/module.ts";
import { contecV7 } from "./contec-v7/module.ts";
import { creativePc60Ble, creativePc60Serial } from "./creative-pc60/module.ts";
import { csvImport } from "./csv-import/module.ts";
import { draegerMedibus } from "./draeger-medibus/module.ts";
import { edgePowerLinux, edgePowerNut } from "./edge-power/module.ts";
import { hamiltonPolling } from "./hamilton-polling/module.ts";
import { jumperOximeter } from "./jumper-oximeter/module.ts";
import { loewensteinPrisma } from "./loewenstein-prisma/module.ts";
import { lpowOximeter } from "./lpow-oximeter/module.ts";
import { masimoAscii } from "./masimo-ascii/module.ts";
import { meteringPlug } from "./metering-plug/module.ts";
import { nellcorText } from "./nellcor-text/module.ts";
import { noninBle, noninBle3150 } from "./nonin-ble/module.ts";
import { noninSerial } from "./nonin-serial/module.ts";
import { oridionMicrostream } from "./oridion-microstream/module.ts";
import { philipsPrs1 } from "./philips-prs1/module.ts";
import { philipsV60 } from "./philips-v60/module.ts";
import { puritanBennett840Parameters } from "./puritan-bennett-840-parameters/module.ts";
import { puritanBennett840Waveform } from "./puritan-bennett-840-waveform/module.ts";
import { remoteAlarmContact } from "./remote-alarm-contact/module.ts";
import { resmedCard } from "./resmed-card/module.ts";
import { respironicsCapnostat } from "./respironics-capnostat/module.ts";
import { resventCard } from "./resvent-card/module.ts";
import { sigPlx } from "./sig-plx/module.ts";
import { tosca500 } from "./tosca-500/module.ts";
import { viatomOxyii, viatomOxyiiFile } from "./viatom-oxyii/module.ts";
import { viatomRing, viatomRingFile } from "./viatom-ring/module.ts";
import { yuwellFe } from "./yuwell-fe/module.ts";

/** The one list of device families; pages, configuration check, tests and the table in README.md follow it. */
export const DEVICES: readonly DeviceModule[] = [
  noninSerial,
  puritanBennett840Waveform,
  puritanBennett840Parameters,
  sigPlx,
  masimoAscii,
  nellcorText,
  noninBle,
  noninBle3150,
  viatomRing,
  viatomRingFile,
  csvImport,
  choiceMMedOximeter,
  contecEbHid,
  contecEbBle,
  contecEbFile,
  berryMedBci,
  respironicsCapnostat,
  yuwellFe,
  creativePc60Ble,
  creativePc60Serial,
  oridionMicrostream,
  draegerMedibus,
  jumperOximeter,
  lpowOximeter,
  bmcCard,
  contecV7,
  hamiltonPolling,
  resmedCard,
  callSwitchKey,
  callSwitchWire,
  remoteAlarmContact,
  contecFirst,
  viatomOxyii,
  viatomOxyiiFile,
  philipsV60,
  philipsPrs1,
  tosca500,
  meteringPlug,
  alarmListener,
  edgePowerLinux,
  edgePowerNut,
  resventCard,
  loewensteinPrisma,
];

/** The family with this id; undefined where none is built in. */
export const findDevice = (id: string): DeviceModule | undefined =>
  DEVICES.find((device) => device.id === id);
