import type { Words } from "../en.ts";

export const push = {
  titles: {
    high: "呼吸守護：請立刻查看（緊急）",
    medium: "呼吸守護：請查看",
    low: "呼吸守護：提醒",
  },
  body: "點開看發生了什麼事。",
  drill: "演練",
  simulated: "模擬資料",
  drillBody: "這是警報測試。請點「我去」，證明這支手機會響。",
  acknowledge: "我去",
  open: "查看",
  going: "{name} 正在過去（{time}）",
  bedside: "{name} 已在床邊（{time}）",
  closedTitle: "呼吸守護：已解除",
  closedBody: "{time} 已解除。",
  unreadableTitle: "呼吸守護：請立刻查看",
  unreadableBody: "收到一則這支手機無法讀取的訊息，請打開頁面查看。",
  takenTitle: "已記下：您正在過去",
  takenBody: "其他人都看得到。點這裡打開頁面。",
  takenByTitle: "{name} 正在過去",
  notTakenTitle: "沒有傳出去：別人不知道您正在過去",
  notTakenBody: "連不到主機，請打開頁面再試一次。",
  goneTitle: "這支手機收不到警報了",
  goneBody: "請打開呼吸守護，重新開始今晚的守護，才能再通知到這支手機。",
} as const satisfies Words["push"];
