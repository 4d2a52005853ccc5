import type { Words } from "../en.ts";

/** 家里轻声说的话，以及各房间、灯和按钮的状态 */
export const rooms = {
  helpCalled: "已经叫人了。",
  coming: "{name}来了。",
  somebodyComing: "有人来了。",
  button: "床边的按钮",
  caregiverOk: "警铃就绪：{name}",
  caregiverNone: "没有声音：{name}",
  patientOk: "轻声提示就绪：{name}",
  patientNone: "没有轻声提示：{name}",
  outputOk: "灯或床震器就绪：{name}",
  outputNone: "灯或床震器不工作：{name}",
  keyOk: "按钮就绪：{name}",
  keyNone: "按钮不工作：{name}",
} as const satisfies Words["rooms"];
