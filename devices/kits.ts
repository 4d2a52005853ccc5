import type { Language } from "../src/domain/person.ts";

/** A text in the three languages. */
export type Text = { readonly [language in Language]: string };

/** One thing to buy or to find in a drawer. */
interface Part {
  readonly name: Text;
  /** Why this one, and what to look for. */
  readonly why: Text;
  /** The family that reads it, where it is a device: name, link and evidence come from its module. */
  readonly family?: string;
}

/** A complete set: sensor, box, cable. */
export interface Kit {
  readonly id: string;
  readonly region: "china" | "elsewhere";
  readonly name: Text;
  readonly parts: readonly Part[];
  /** For somebody who needs the sensor day and night. */
  readonly charging: Text;
}

/** A home ventilator and what it can tell here. */
export interface Machine {
  readonly name: string;
  /** Families that read it, best first. */
  readonly families: readonly string[];
  readonly means: Text;
}

const box: Part = {
  name: {
    en: "Box: Raspberry Pi 4 or 5 (2 GB is enough) with its own power supply, or any old laptop with Linux",
    "zh-Hans": "盒子:树莓派 4 或 5(2 GB 内存即可)加原装电源,或任何一台装了 Linux 的旧笔记本电脑",
    "zh-Hant": "盒子:Raspberry Pi 4 或 5(2 GB 記憶體即可)加原廠電源,或任何一台裝了 Linux 的舊筆電",
  },
  why: {
    en: "A laptop has a battery, a screen and a loudspeaker already. For a Raspberry Pi add a USB loudspeaker that stands where the caregiver sleeps.",
    "zh-Hans": "笔记本自带电池、屏幕和喇叭。树莓派请另加一个 USB 音箱,放在照护者睡觉的地方。",
    "zh-Hant": "筆電本身就有電池、螢幕和喇叭。Raspberry Pi 請另加一個 USB 喇叭,放在照顧者睡覺的地方。",
  },
};

const contact: Part = {
  name: {
    en: "Contact cable: the maker's remote-alarm cable of the ventilator and a USB serial adapter with FTDI chip and RS-232 levels",
    "zh-Hans": "触点线:呼吸机原厂的远程报警线,加一根 FTDI 芯片、RS-232 电平的 USB 转串口线",
    "zh-Hant": "接點線:呼吸器原廠的遠端警報線,加一條 FTDI 晶片、RS-232 電位的 USB 轉序列埠線",
  },
  why: {
    en: "Only where the ventilator has a remote-alarm socket. Tells within a second that the machine sounds.",
    "zh-Hans": "仅适用于带远程报警插口的呼吸机。机器一响,一秒内就知道。",
    "zh-Hant": "僅適用於有遠端警報插座的呼吸器。機器一響,一秒內就知道。",
  },
  family: "remote-alarm-contact",
};

const plug: Part = {
  name: {
    en: "Metering plug (Zigbee with Zigbee2MQTT, Tasmota, or Shelly), its relay locked on",
    "zh-Hans": "计量插座(Zigbee 配 Zigbee2MQTT、Tasmota 或 Shelly),继电器锁定为常开通",
    "zh-Hant": "計量插座(Zigbee 搭配 Zigbee2MQTT、Tasmota 或 Shelly),繼電器鎖定為常通",
  },
  why: {
    en: "Tells that the power went away or the machine stopped. Better a meter without a relay: nothing may ever switch off a ventilator.",
    "zh-Hans": "能发现停电或机器停转。最好用不带继电器的电表:任何东西都不能把呼吸机断电。",
    "zh-Hant": "能發現停電或機器停轉。最好用不帶繼電器的電表:任何東西都不能把呼吸器斷電。",
  },
  family: "metering-plug",
};

const ringCharging: Text = {
  en: "The ring has to be charged every day and measures nothing meanwhile. Whoever is ventilated day and night needs a second ring, or a wired sensor for these hours; without one the alarm for lost data will ring, rightly.",
  "zh-Hans":
    "指环每天都要充电,充电时不测量。日夜都用呼吸机的人需要第二只指环,或在充电时用有线探头;否则会响起数据中断的报警,这是对的。",
  "zh-Hant":
    "指環每天都要充電,充電時不測量。日夜都用呼吸器的人需要第二只指環,或在充電時用有線探頭;否則會響起資料中斷的警報,這是對的。",
};

export const KITS: readonly Kit[] = [
  {
    id: "china-ring",
    region: "china",
    name: { en: "China, a ring without wires", "zh-Hans": "中国:无线指环", "zh-Hant": "中國:無線指環" },
    parts: [
      {
        name: {
          en: "Viatom / Lepu / Wellue oximeter ring of the first generation (O2Ring, SleepU)",
          "zh-Hans": "乐普 / 源动(Viatom、Wellue)第一代血氧指环(O2Ring、SleepU)",
          "zh-Hant": "樂普 / 源動(Viatom、Wellue)第一代血氧指環(O2Ring、SleepU)",
        },
        why: {
          en: "The one affordable sensor that is made to be worn all night. Close the maker's app on every phone: the ring talks to one listener only.",
          "zh-Hans":
            "价格可承受、为整夜佩戴而做的传感器。请在所有手机上关掉厂家的 App:指环一次只和一台设备通信。",
          "zh-Hant":
            "價格可負擔、為整夜配戴而做的感測器。請在所有手機上關掉廠商的 App:指環一次只和一台裝置通訊。",
        },
        family: "viatom-ring",
      },
      box,
      contact,
      plug,
    ],
    charging: ringCharging,
  },
  {
    id: "china-cable",
    region: "china",
    name: {
      en: "China, an oximeter on a USB cable",
      "zh-Hans": "中国:USB 有线血氧仪",
      "zh-Hant": "中國:USB 有線血氧儀",
    },
    parts: [
      {
        name: {
          en: "Contec CMS50E or CMS50F with USB (hardware 2.0), with a soft finger probe",
          "zh-Hans": "康泰 CMS50E 或 CMS50F(USB,硬件 2.0),配软指套探头",
          "zh-Hant": "康泰 CMS50E 或 CMS50F(USB,硬體 2.0),搭配軟指套探頭",
        },
        why: {
          en: "Reads over a cable without pairing; its recordings are the best proven of all here.",
          "zh-Hans": "用线读取,不用配对;在这里它的数据是验证得最充分的。",
          "zh-Hant": "用線讀取,不用配對;在這裡它的資料是驗證得最充分的。",
        },
        family: "contec-eb-hid",
      },
      box,
      contact,
      plug,
    ],
    charging: {
      en: "Whether it charges while it sends is not published: try it on a day on which somebody is awake, before the first night.",
      "zh-Hans": "它能否边发送边充电,厂家没有公布:请在第一夜之前,挑一个有人醒着的白天试一次。",
      "zh-Hant": "它能否邊傳送邊充電,廠商沒有公布:請在第一夜之前,挑一個有人醒著的白天試一次。",
    },
  },
  {
    id: "elsewhere-ring",
    region: "elsewhere",
    name: {
      en: "Elsewhere, a ring without wires",
      "zh-Hans": "其他地区:无线指环",
      "zh-Hant": "其他地區:無線指環",
    },
    parts: [
      {
        name: {
          en: "Wellue O2Ring or SleepU of the first generation",
          "zh-Hans": "Wellue 第一代 O2Ring 或 SleepU",
          "zh-Hant": "Wellue 第一代 O2Ring 或 SleepU",
        },
        why: {
          en: "Made to be worn all night. Close the maker's app on every phone: the ring talks to one listener only.",
          "zh-Hans": "为整夜佩戴而做。请在所有手机上关掉厂家的 App:指环一次只和一台设备通信。",
          "zh-Hant": "為整夜配戴而做。請在所有手機上關掉廠商的 App:指環一次只和一台裝置通訊。",
        },
        family: "viatom-ring",
      },
      box,
      contact,
      plug,
    ],
    charging: ringCharging,
  },
  {
    id: "elsewhere-cable",
    region: "elsewhere",
    name: {
      en: "Elsewhere, a wired clinical sensor",
      "zh-Hans": "其他地区:有线临床探头",
      "zh-Hant": "其他地區:有線臨床探頭",
    },
    parts: [
      {
        name: {
          en: "Nonin Xpod with USB plug and a soft or taped sensor",
          "zh-Hans": "Nonin Xpod(USB 插头),配软指套或粘贴式探头",
          "zh-Hant": "Nonin Xpod(USB 插頭),搭配軟指套或黏貼式探頭",
        },
        why: {
          en: "Fed by the box, so that nothing has to be charged; follows the maker's published format.",
          "zh-Hans": "由盒子供电,不用充电;按厂家公开的格式读取。",
          "zh-Hant": "由盒子供電,不用充電;依廠商公開的格式讀取。",
        },
        family: "nonin-serial",
      },
      box,
      contact,
      plug,
    ],
    charging: {
      en: "None: the sensor is fed by the cable. Change the finger every few hours.",
      "zh-Hans": "没有:探头由线供电。每隔几小时换一根手指。",
      "zh-Hant": "沒有:探頭由線供電。每隔幾小時換一根手指。",
    },
  },
];

/** What looks like the right thing and is not. */
export const LOOK_ALIKES: readonly Text[] = [
  {
    en: "O2Ring-S, S8-AW, SleepHQ ring: look like the O2Ring, speak another protocol; one number a minute at best, not enough to wake anybody for a dip.",
    "zh-Hans":
      "O2Ring-S、S8-AW、SleepHQ 指环:样子像 O2Ring,协议不同;最多每分钟一个数,不足以在血氧下降时叫醒人。",
    "zh-Hant":
      "O2Ring-S、S8-AW、SleepHQ 指環:樣子像 O2Ring,協定不同;最多每分鐘一個數,不足以在血氧下降時叫醒人。",
  },
  {
    en: "Fingertip clips (PC-60FW, Yuwell, BerryMed, ChoiceMMed, Jumper, Nonin 3230 or 9560...): switch themselves off. For spot checks only.",
    "zh-Hans":
      "指夹式血氧仪(PC-60FW、鱼跃、贝瑞、超思、Jumper、Nonin 3230 或 9560 等):会自动关机。只能抽查。",
    "zh-Hant":
      "指夾式血氧儀(PC-60FW、魚躍、貝瑞、超思、Jumper、Nonin 3230 或 9560 等):會自動關機。只能抽查。",
  },
  {
    en: "Contec CMS50D without the plus, CMS50N: no data port, or none that anybody has described.",
    "zh-Hans": "康泰 CMS50D(没有“+”)、CMS50N:没有数据口,或没有人公开过它的格式。",
    "zh-Hant": "康泰 CMS50D(沒有「+」)、CMS50N:沒有資料埠,或沒有人公開過它的格式。",
  },
  {
    en: "Smart watches and bands: their oxygen numbers come minutes apart and cannot be read here.",
    "zh-Hans": "智能手表、手环:几分钟才有一个血氧数,这里也读不到。",
    "zh-Hant": "智慧手錶、手環:幾分鐘才有一個血氧數,這裡也讀不到。",
  },
  {
    en: "USB serial adapters with 3.3 V or 5 V levels for the contact: their lines are inverted and float; take RS-232 levels.",
    "zh-Hans": "用于触点的 3.3 V 或 5 V 电平串口线:电平相反且会悬空;请选 RS-232 电平的。",
    "zh-Hant": "用於接點的 3.3 V 或 5 V 電位序列埠線:電位相反且會懸空;請選 RS-232 電位的。",
  },
];

const contactOnly: Text = {
  en: "No documented live port. The remote-alarm contact tells within a second that it sounds, not why; with it, oximeter and plug the night is watched.",
  "zh-Hans":
    "没有公开的实时数据口。远程报警触点能在一秒内告诉我们机器在响,但不说原因;再加血氧仪和插座,夜里就有人看着。",
  "zh-Hant":
    "沒有公開的即時資料埠。遠端警報接點能在一秒內告訴我們機器在響,但不說原因;再加血氧儀和插座,夜裡就有人看著。",
};

const nextMorning: Text = {
  en: "No live port: the card tells the next morning. At night rely on oximeter, plug and, where the room is quiet, the microphone.",
  "zh-Hans": "没有实时数据口:存储卡第二天早上才能读。夜里依靠血氧仪、插座,房间安静时再加麦克风。",
  "zh-Hant": "沒有即時資料埠:記憶卡第二天早上才能讀。夜裡依靠血氧儀、插座,房間安靜時再加麥克風。",
};

export const MACHINES: readonly Machine[] = [
  {
    name: "ResMed AirCurve 10/11, Lumis, AirSense, S9",
    families: ["resmed-card"],
    means: {
      en: "No live port. With a Wi-Fi memory card the numbers come one to two minutes late: good for trends and slow changes, never for a mask that came off.",
      "zh-Hans":
        "没有实时数据口。用 Wi-Fi 存储卡,数据晚一到两分钟:适合看趋势和缓慢变化,不能用来发现面罩脱落。",
      "zh-Hant":
        "沒有即時資料埠。用 Wi-Fi 記憶卡,資料晚一到兩分鐘:適合看趨勢和緩慢變化,不能用來發現面罩脫落。",
    },
  },
  {
    name: "ResMed Astral, Stellar; Philips Trilogy; Breas Vivo; Löwenstein prisma VENT",
    families: ["remote-alarm-contact"],
    means: contactOnly,
  },
  { name: "BMC (RESmart, Luna)", families: ["bmc-card"], means: nextMorning },
  {
    name: "Philips DreamStation, System One (BiPAP S/T, AVAPS)",
    families: ["philips-prs1"],
    means: nextMorning,
  },
  { name: "Löwenstein prisma", families: ["loewenstein-prisma"], means: nextMorning },
  { name: "Resvent, Hoffrichter", families: ["resvent-card"], means: nextMorning },
  {
    name: "Yuwell, Haier",
    families: [],
    means: {
      en: "Nothing is published about its data. Watch with oximeter and plug; the microphone can learn its alarm sound.",
      "zh-Hans": "厂家没有公开任何数据格式。用血氧仪和插座看护;麦克风可以学会它的报警声。",
      "zh-Hant": "廠商沒有公開任何資料格式。用血氧儀和插座看護;麥克風可以學會它的警報聲。",
    },
  },
  {
    name: "Dräger Carina, Evita, Savina; Puritan Bennett 840/980; Hamilton; Philips V60",
    families: ["draeger-medibus", "puritan-bennett-840-waveform", "hamilton-polling", "philips-v60"],
    means: {
      en: "Hospital machines with a serial port: numbers, and with some alarms and curves, live.",
      "zh-Hans": "医院用机,有串口:数值实时可读,有些还能读报警和波形。",
      "zh-Hant": "醫院用機,有序列埠:數值可即時讀取,有些還能讀警報和波形。",
    },
  },
];

/** Words around them. */
export const KIT_WORDS = {
  title: { en: "What to buy", "zh-Hans": "买什么", "zh-Hant": "買什麼" },
  intro: {
    en: "Complete sets of parts, and what each machine can tell. The ventilator's own alarm stays the first alarm; this is the second pair of ears. Try everything on a day before you rely on it at night.",
    "zh-Hans":
      "成套的配件,以及每种机器能告诉我们什么。呼吸机自己的报警始终是第一道报警,这里是第二双耳朵。夜里依靠它之前,请先在白天全部试一遍。",
    "zh-Hant":
      "成套的配件,以及每種機器能告訴我們什麼。呼吸器自己的警報始終是第一道警報,這裡是第二雙耳朵。夜裡依靠它之前,請先在白天全部試一遍。",
  },
  evidence: { en: "How far it is proven", "zh-Hans": "验证到什么程度", "zh-Hant": "驗證到什麼程度" },
  charging: { en: "Charging", "zh-Hans": "充电", "zh-Hant": "充電" },
  lookAlikes: { en: "Do not buy by mistake", "zh-Hans": "别买错", "zh-Hant": "別買錯" },
  machines: { en: "Your ventilator", "zh-Hans": "您的呼吸机", "zh-Hant": "您的呼吸器" },
  machine: { en: "machine", "zh-Hans": "机器", "zh-Hant": "機器" },
  readBy: { en: "read by", "zh-Hans": "读取方式", "zh-Hant": "讀取方式" },
  means: { en: "what that means", "zh-Hans": "意味着什么", "zh-Hant": "代表什麼" },
  levels: {
    real_bytes: {
      en: "compared with data of real devices",
      "zh-Hans": "已与真实设备的数据核对",
      "zh-Hant": "已與真實裝置的資料核對",
    },
    maker_document: {
      en: "follows the maker's document, not yet tried on a real device",
      "zh-Hans": "按厂家文件编写,尚未在真实设备上试过",
      "zh-Hant": "依廠商文件撰寫,尚未在真實裝置上試過",
    },
    inferred: {
      en: "after other people's work, not yet tried on a real device",
      "zh-Hans": "参考他人成果编写,尚未在真实设备上试过",
      "zh-Hant": "參考他人成果撰寫,尚未在真實裝置上試過",
    },
    unproven: { en: "unproven", "zh-Hans": "未经验证", "zh-Hant": "未經驗證" },
  },
} as const;
