import type { Words } from "../en.ts";

export const push = {
  titles: {
    high: "呼吸守护：请马上查看（紧急）",
    medium: "呼吸守护：请查看",
    low: "呼吸守护：提醒",
  },
  body: "点开看发生了什么。",
  drill: "演练",
  simulated: "模拟数据",
  drillBody: "这是报警测试。请点“我去”，证明这部手机会响。",
  acknowledge: "我去",
  open: "查看",
  going: "{name}正在过去（{time}）",
  bedside: "{name}已在床边（{time}）",
  closedTitle: "呼吸守护：已解除",
  closedBody: "{time} 已解除。",
  unreadableTitle: "呼吸守护：请马上查看",
  unreadableBody: "收到一条这部手机读不出的消息，请打开页面查看。",
  takenTitle: "已记下：您正在过去",
  takenBody: "其他人都看得到。点这里打开页面。",
  takenByTitle: "{name}正在过去",
  notTakenTitle: "没有传出去：别人不知道您正在过去",
  notTakenBody: "联系不上主机，请打开页面再试。",
  goneTitle: "这部手机收不到报警了",
  goneBody: "请打开呼吸守护，重新开始今晚的守护，才能再通知到这部手机。",
} as const satisfies Words["push"];
