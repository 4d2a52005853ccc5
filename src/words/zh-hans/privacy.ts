import type { Words } from "../en.ts";

export const privacy = {
  research: {
    title: "提供给研究",
    text: [
      "您可以把夜间的读数提供给研究。不提供也没关系，这里的一切照旧。",
      "只有您选的内容会离开，只从现在算起，而且要有人亲手导出文件。导出前可以先看。",
      "姓名、年龄、备注和序列号绝不会离开。日期会挪动若干整周，挪多少谁也不告诉；一天里的钟点不变。",
      "很熟悉某一夜的人，也许仍能认出来。我们不能保证完全认不出。",
      "您随时可以收回，马上生效，不用说理由。之后不再有内容离开，新文件也无法和旧文件对上。研究人员手里已有的，从这里收不回来。",
    ],
    groups: {
      oxygen: "血氧和脉率",
      breathing: "呼吸：频率、气量、漏气",
      pressure: "压力和治疗",
      carbon_dioxide: "二氧化碳",
    },
  },
  family: {
    title: "您的夜晚",
    about: "这里是为这个家保存的全部内容，都是其他程序也能读的文件。它们属于您。",
    warning: "这些文件没有加密。请像保管病历一样保管。",
    samples: "每一夜的读数，每秒一行",
    waves: "每一夜的波形，每段一行",
    settings: "机器的设置",
    alarms: "每张床的报警",
    limits: "报警界限和历次修改",
    audit: "决定过什么、做过什么，每行带校验",
    care: "床边的照护",
    record: "登录、修改和导出的记录",
    people: "家人和手机，不含推送地址",
    commissionings: "床位启用时的记录",
    research: "提供给研究的内容",
    simulated: "文件名里有 SIMULATED 的是模拟数据，不是任何人的。",
  },
  forget: {
    remains: "还会留下：一行不带姓名的记录，说有一个家被删除；以前做的备份；别人已经带走的内容。",
  },
} as const satisfies Words["privacy"];
