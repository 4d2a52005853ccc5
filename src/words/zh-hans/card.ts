import type { Words } from "../en.ts";

/** 治疗师页面：导入存储卡。 */
export const card = {
  title: "导入存储卡",
  more: "把呼吸机或血氧仪自己存下的夜间数据带进来：存储卡、卡的压缩包，或设备及其应用导出的文件。重复导入不会多出数据。",
  family: "来自",
  folder: "选择卡的文件夹",
  file: "选择压缩包或文件",
  noFolder: "有些手机不能选文件夹：请改选压缩包，或用电脑。",
  packing: "正在打包：{from}/{to} 个文件",
  sending: "正在发送：{percent}%",
  reading: "正在读取：{percent}%，已找到 {nights} 夜",
  keepOpen: "发送完之前请不要关闭本页。",
  stop: "停止发送",
  done: "找到 {nights} 夜：{time}",
  rows: "新增 {from} 秒，已有 {to} 秒。",
  serial: "序列号：{name}",
  timeless: "因设备时钟不准或没有设置而略去：{value}",
  tooMuch: "超过 512 MB。请把卡拿到主机上，用 `breathwatch import` 导入。",
  unreadable: "浏览器读不了这张卡。卡还在读卡器里吗？请重新选择。",
} satisfies Words["pages"]["card"];
