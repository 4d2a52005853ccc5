// A stick at the far end of a cable. What it says follows the makers' manuals: Quectel EC2x (AT Commands Manual V1.3),
// SIMCom SIM7500/7600 (AT Command Manual V2.00), Huawei ME909s/MU509 (AT Command Interface Specification), 3GPP 27.007.
import type { Clock } from "../../src/port/clock.ts";
import { type DecodedSms, decodeSubmit } from "./sms-decode.ts";

export type Dialect = "quectel" | "simcom" | "huawei";

/** What happens when a number is called; times from dialling. */
export interface Answer {
  readonly alertsMs?: number;
  readonly picksUpMs?: number;
  /** From picking up. */
  readonly keyMs?: number;
  readonly key?: string;
  /** The other side, or the network, ends it. */
  readonly endsMs?: number;
  readonly ends?: "NO CARRIER" | "BUSY" | "NO ANSWER";
  /** The network's reason for AT+CEER. */
  readonly reason?: string;
  /** The network does not even begin: the answer to ATD. */
  readonly refuses?: string;
}

export interface PlacedCall {
  readonly number: string;
  readonly atMs: number;
  endedMs?: number;
  /** `us`: hung up by command. */
  endedBy?: "us" | "them";
}

/** What the network says to a short code. */
export interface UssdPlay {
  /** Without the line ends around it; may hold line ends of its own. */
  readonly says: string;
  /** From the OK; absent: before it, as sticks did before release 6 of 27.007. */
  readonly afterMs?: number;
}

interface Call {
  readonly placed: PlacedCall;
  readonly answer: Answer;
  state: 2 | 3 | 0;
  cancels: (() => void)[];
}

export class AtModem {
  dialect: Dialect;
  sim: "READY" | "SIM PIN" | "SIM PUK" | "none" = "READY";
  pin = "1234";
  pinTries = 3;
  /** <stat> of +CREG and +CEREG. */
  creg = 1;
  cereg = 1;
  csq = "20,99";
  operator = "CHINA MOBILE";
  hasVoice = true;
  /** The line that ends AT+CMGS instead of OK. */
  smsError: string | undefined;
  /** How long every answer takes. */
  delayMs = 0;
  smsMs = 0;
  /** Says nothing at all. */
  isMute = false;
  /** Changes what it says on its way; for lost and false bytes. */
  damage: (bytes: Buffer) => Buffer = (bytes) => bytes;
  /** Said before each answer, in the middle of everything. */
  chatter: readonly string[] = [];
  answers: (number: string) => Answer = () => ({ alertsMs: 2_000 });
  /** A call cannot be hung up. */
  isStuck = false;
  /** Absent: this stick does not know the command. `undefined` as an answer: the network says nothing at all. */
  ussd: ((code: string) => UssdPlay | undefined) | undefined;
  /** Short codes that were asked, and dialogues that were cancelled. */
  readonly codes: string[] = [];
  ussdCancels = 0;

  readonly calls: PlacedCall[] = [];
  readonly texts: DecodedSms[] = [];
  readonly commands: string[] = [];
  /** Dialled while a call was there. */
  doubleCalls = 0;

  private readonly clock: Clock;
  private readonly out: (bytes: Uint8Array) => void;
  private input = "";
  private echo = true;
  private call: Call | undefined;
  private lastReason = "";
  private submitting: number | undefined;
  private chatterAt = 0;

  constructor(dialect: Dialect, clock: Clock, out: (bytes: Uint8Array) => void) {
    this.dialect = dialect;
    this.clock = clock;
    this.out = out;
  }

  /** Takes bytes from the cable. */
  take(bytes: Uint8Array): void {
    for (const character of Buffer.from(bytes).toString("latin1")) {
      if (this.submitting !== undefined) this.takeText(character);
      else if (character === "\r") {
        const line = this.input;
        this.input = "";
        if (this.echo) this.say(`${line}\r`);
        this.command(line);
      } else if (character !== "\n" && character !== "\u001b") this.input += character;
    }
  }

  /** Says a line of its own accord. */
  news(line: string): void {
    this.say(`\r\n${line}\r\n`);
  }

  /** Power comes back: everything that it was told is forgotten. */
  restart(): void {
    this.echo = true;
    this.input = "";
    this.submitting = undefined;
    this.endCall("them");
  }

  get isInCall(): boolean {
    return this.call !== undefined;
  }

  private say(text: string): void {
    if (this.isMute) return;
    this.out(this.damage(Buffer.from(text, "latin1")));
  }

  private reply(lines: readonly string[], end = "OK"): void {
    const rest = this.chatter[this.chatterAt % Math.max(1, this.chatter.length)];
    this.chatterAt += 1;
    const all = [...lines, end];
    const where = this.chatterAt % all.length;
    if (rest !== undefined) all.splice(where, 0, rest);
    this.later(this.delayMs, () => {
      for (const line of all) this.news(line);
    });
  }

  private later(ms: number, what: () => void): void {
    if (ms === 0) what();
    else this.clock.after(ms, what);
  }

  private error(code: number): void {
    this.reply([], `+CME ERROR: ${code}`);
  }

  private takeText(character: string): void {
    if (character === "\u001b") {
      this.submitting = undefined;
      this.input = "";
      return this.reply([]);
    }
    if (character !== "\u001a") {
      this.input += character;
      return;
    }
    const length = this.submitting ?? 0;
    const hex = this.input;
    this.submitting = undefined;
    this.input = "";
    if (this.echo) this.say(hex);
    this.later(this.smsMs, () => {
      if (this.smsError !== undefined) return this.reply([], this.smsError);
      try {
        this.texts.push(decodeSubmit(hex, length));
        this.reply([`+CMGS: ${this.texts.length}`]);
      } catch {
        this.reply([], "+CMS ERROR: 304");
      }
    });
  }

  private command(raw: string): void {
    this.commands.push(raw);
    const line = raw.toUpperCase();
    if (!line.startsWith("AT")) return line === "" ? undefined : this.reply([], "ERROR");
    const rest = line.slice(2);
    if (rest.startsWith("D")) return this.dial(rest.slice(1));
    if (rest.startsWith("+CMGS=")) return this.beginText(Number(rest.slice(6)));
    if (rest.startsWith("+CPIN=")) return this.enterPin(rest.slice(6));
    if (rest.startsWith("+CUSD=")) return this.askNetwork(rest.slice(6));
    const known = this.simple(rest);
    if (known === undefined) return this.reply([], "ERROR");
    if (typeof known === "number") return this.error(known);
    return this.reply(known);
  }

  /** Lines before OK, a CME error, or undefined for a command that this stick does not know. */
  private simple(rest: string): readonly string[] | number | undefined {
    const isQuectel = this.dialect === "quectel";
    const isSimcom = this.dialect === "simcom";
    const isHuawei = this.dialect === "huawei";
    switch (rest) {
      case "":
        return [];
      case "E0":
        this.echo = false;
        return [];
      case '+CSCS="IRA"':
      case "+CMEE=1":
      case "+COPS=3,0":
        return [];
      case "+CMGF=0":
        return this.sim === "none" ? 10 : [];
      case "+CHUP":
      case "H":
        if (!this.isStuck) this.endCall("us");
        return [];
      case "+CGMI":
        return [isQuectel ? "Quectel" : isSimcom ? "SIMCOM INCORPORATED" : "Huawei Technologies Co., Ltd."];
      case "+CGMM":
        return [isQuectel ? "EC25" : isSimcom ? "SIMCOM_SIM7600E-H" : "ME909s-821"];
      case "+CPIN?":
        return this.sim === "none" ? 10 : [`+CPIN: ${this.sim}`];
      case "+CREG?":
        return [`+CREG: 0,${this.creg}`];
      case "+CEREG?":
        return [`+CEREG: 0,${this.cereg}`];
      case "+CSQ":
        return [`+CSQ: ${this.csq}`];
      case "+COPS?":
        return this.creg === 1 || this.creg === 5 ? [`+COPS: 0,0,"${this.operator}",7`] : ["+COPS: 0"];
      case "+CLCC":
        return this.list();
      case "+CEER":
        return [`+CEER: ${this.lastReason === "" ? "No report available" : this.lastReason}`];
      case "+DDET=1":
        return isSimcom ? [] : undefined;
      case "+QTONEDET=1":
        return isQuectel ? [] : undefined;
      case "+SPIC":
        return isSimcom ? [`+SPIC: ${this.pinTries},10,3,10`] : undefined;
      case "+QPINC?":
        return isQuectel ? [`+QPINC: "SC",${this.pinTries},10`, '+QPINC: "P2",3,10'] : undefined;
      case "^CPIN?":
        return isHuawei ? [`^CPIN: ${this.sim},${this.pinTries},10,${this.pinTries},10,3`] : undefined;
      case "^CVOICE?":
        return isHuawei && this.hasVoice ? ["^CVOICE:0,8000,16,20"] : undefined;
      default:
        return undefined;
    }
  }

  private list(): readonly string[] {
    // Quectel lists the data connection of LTE as a call of its own.
    const data = this.dialect === "quectel" ? ['+CLCC: 1,1,0,1,0,"",128'] : [];
    if (this.call === undefined) return data;
    const { placed, state } = this.call;
    return [...data, `+CLCC: 2,0,${state},0,0,"${placed.number}",145`];
  }

  private enterPin(text: string): void {
    if (this.sim !== "SIM PIN") return this.error(3);
    if (text === `"${this.pin}"`) {
      this.sim = "READY";
      return this.reply([]);
    }
    this.pinTries -= 1;
    if (this.pinTries === 0) this.sim = "SIM PUK";
    return this.error(16);
  }

  private askNetwork(text: string): void {
    if (this.ussd === undefined) return this.reply([], "ERROR");
    if (text === "2") {
      this.ussdCancels += 1;
      return this.reply([]);
    }
    const code = /^1,"([*#0-9]+)",15$/.exec(text)?.[1];
    if (code === undefined) return this.error(50);
    this.codes.push(code);
    const play = this.ussd(code);
    if (play === undefined) return this.reply([]);
    if (play.afterMs === undefined) return this.reply([play.says]);
    this.reply([]);
    this.later(play.afterMs, () => this.news(play.says));
  }

  private beginText(length: number): void {
    if (this.sim !== "READY") return this.reply([], "+CMS ERROR: 311");
    this.submitting = length;
    this.input = "";
    this.later(this.delayMs, () => this.say("\r\n> "));
  }

  private dial(text: string): void {
    const number = /^(\+?\d+);$/.exec(text)?.[1];
    if (number === undefined) return this.reply([], "ERROR");
    if (this.call !== undefined) {
      this.doubleCalls += 1;
      return this.reply([], "ERROR");
    }
    if (!this.hasVoice || this.creg === 0) return this.reply([], "NO CARRIER");
    const answer = this.answers(number);
    this.lastReason = answer.reason ?? "";
    if (answer.refuses !== undefined) return this.reply([], answer.refuses);
    const placed: PlacedCall = { number, atMs: this.clock.mono() };
    this.calls.push(placed);
    const call: Call = { placed, answer, state: 2, cancels: [] };
    this.call = call;
    this.reply([]);
    if (this.dialect === "huawei") this.news("^ORIG:1,0");
    const at = (ms: number | undefined, what: () => void): void => {
      if (ms !== undefined) call.cancels.push(this.clock.after(ms, what));
    };
    at(answer.alertsMs, () => {
      call.state = 3;
      if (this.dialect === "huawei") this.news("^CONF:1");
    });
    at(answer.picksUpMs, () => {
      call.state = 0;
      if (this.dialect === "simcom") this.news("VOICE CALL: BEGIN");
      if (this.dialect === "huawei") this.news("^CONN:1,0");
      at(answer.keyMs, () => this.press(answer.key ?? "1"));
    });
    at(answer.endsMs, () => this.endCall("them"));
  }

  /** The other side presses a key. */
  press(key: string): void {
    if (this.dialect === "simcom") this.news(`+RXDTMF: ${key}`);
    if (this.dialect === "quectel") this.news(`+QTONEDET: ${key.charCodeAt(0)}`);
  }

  private endCall(by: "us" | "them"): void {
    const call = this.call;
    if (call === undefined) return;
    this.call = undefined;
    for (const cancel of call.cancels) cancel();
    call.placed.endedMs = this.clock.mono();
    call.placed.endedBy = by;
    if (this.dialect === "simcom" && call.state === 0) this.news("VOICE CALL: END: 000010");
    if (this.dialect === "huawei") this.news("^CEND:1,10,29,16");
    if (by === "them") this.news(call.answer.ends ?? "NO CARRIER");
  }
}
