import type { Words } from "../en.ts";

export const privacy = {
  research: {
    title: "提供給研究",
    text: [
      "您可以把夜間的數值提供給研究。不提供也沒關係，這裡的一切照舊。",
      "只有您選的內容會離開，只從現在算起，而且要有人親手匯出檔案。匯出前可以先看。",
      "姓名、年齡、備註和序號絕不會離開。日期會挪動若干整週，挪多少誰也不告訴；一天裡的鐘點不變。",
      "很熟悉某一夜的人，也許仍能認出來。我們不能保證完全認不出。",
      "您隨時可以收回，馬上生效，不用說理由。之後不再有內容離開，新檔案也無法和舊檔案對上。研究人員手裡已有的，從這裡收不回來。",
    ],
    groups: {
      oxygen: "血氧和脈搏",
      breathing: "呼吸：次數、氣量、漏氣",
      pressure: "壓力和治療",
      carbon_dioxide: "二氧化碳",
    },
  },
  family: {
    title: "您的夜晚",
    about: "這裡是為這個家保存的全部內容，都是其他程式也能讀的檔案。它們屬於您。",
    warning: "這些檔案沒有加密。請像保管病歷一樣保管。",
    samples: "每一夜的數值，每秒一行",
    waves: "每一夜的波形，每段一行",
    settings: "機器的設定",
    alarms: "每張床的警報",
    limits: "警報界限和歷次修改",
    audit: "決定過什麼、做過什麼，每行帶校驗",
    care: "床邊的照護",
    record: "登入、修改和匯出的紀錄",
    people: "家人和手機，不含推播位址",
    commissionings: "床位啟用時的紀錄",
    research: "提供給研究的內容",
    simulated: "檔名裡有 SIMULATED 的是模擬資料，不是任何人的。",
  },
  forget: {
    remains: "還會留下：一行不帶姓名的紀錄，說有一個家被刪除；以前做的備份；別人已經帶走的內容。",
  },
} as const satisfies Words["privacy"];
