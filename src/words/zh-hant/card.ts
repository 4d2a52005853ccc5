import type { Words } from "../en.ts";

/** 治療師頁面：匯入記憶卡。 */
export const card = {
  title: "匯入記憶卡",
  more: "把呼吸器或血氧機自己存下的夜間資料帶進來：記憶卡、卡的壓縮檔，或裝置及其應用程式匯出的檔案。重複匯入不會多出資料。",
  family: "來自",
  folder: "選擇卡的資料夾",
  file: "選擇壓縮檔或檔案",
  noFolder: "有些手機不能選資料夾：請改選壓縮檔，或用電腦。",
  packing: "正在打包：{from}/{to} 個檔案",
  sending: "正在傳送：{percent}%",
  reading: "正在讀取：{percent}%，已找到 {nights} 夜",
  keepOpen: "傳送完之前請不要關閉本頁。",
  stop: "停止傳送",
  done: "找到 {nights} 夜：{time}",
  rows: "新增 {from} 秒，已有 {to} 秒。",
  serial: "序號：{name}",
  timeless: "因裝置時鐘不準或沒有設定而略去：{value}",
  tooMuch: "超過 512 MB。請把卡拿到主機上，用 `breathwatch import` 匯入。",
  unreadable: "瀏覽器讀不了這張卡。卡還在讀卡機裡嗎？請重新選擇。",
} satisfies Words["pages"]["card"];
