import type { Words } from "../en.ts";

/** 家裡輕聲說的話，以及各房間、燈和按鈕的狀態 */
export const rooms = {
  helpCalled: "已經叫人了。",
  coming: "{name}來了。",
  somebodyComing: "有人來了。",
  button: "床邊的按鈕",
  caregiverOk: "警鈴就緒：{name}",
  caregiverNone: "沒有聲音：{name}",
  patientOk: "輕聲提示就緒：{name}",
  patientNone: "沒有輕聲提示：{name}",
  outputOk: "燈或床震器就緒：{name}",
  outputNone: "燈或床震器不工作：{name}",
  keyOk: "按鈕就緒：{name}",
  keyNone: "按鈕不工作：{name}",
} as const satisfies Words["rooms"];
