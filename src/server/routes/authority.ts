import { Fault } from "../../domain/fault.ts";
import type { Language } from "../../domain/person.ts";
import type { App, Context } from "../context.ts";
import { languageOf, sendPlainPage } from "../html.ts";

/** Where the authority's certificate itself is. */
const FILE = "/ca/breathwatch.crt";

/** How a phone comes to believe this box; said before anybody can sign in. */
const STEPS: {
  readonly [language in Language]: {
    readonly heading: string;
    readonly steps: readonly string[];
    readonly compare: string;
    readonly get: string;
    readonly absent: string;
  };
} = {
  en: {
    heading: "Make this phone trust the box",
    compare:
      "First compare. This number has to be the same as the one that the box prints when it starts. If it is not, stop here:",
    steps: [
      "iPhone, iPad: tap the link below in Safari and allow the download. Then open Settings, General, VPN & Device Management, tap the Breathwatch profile and Install. Last: Settings, General, About, Certificate Trust Settings, and switch Breathwatch on.",
      "Android: tap the link below. Then open Settings, Security, More security settings, Encryption & credentials, Install a certificate, CA certificate, and choose the file breathwatch.crt.",
      "It can vouch for this box alone, for no other site.",
    ],
    get: "Get the certificate",
    absent: "This box has no authority of its own. There is nothing to install.",
  },
  "zh-Hans": {
    heading: "让这部手机信任这台主机",
    compare: "请先核对：下面这串数字必须和主机启动时显示的一样。如果不一样，请不要继续：",
    steps: [
      "iPhone、iPad：在 Safari 里点下面的链接，允许下载。然后打开“设置”→“通用”→“VPN与设备管理”，点 Breathwatch 描述文件，点“安装”。最后打开“设置”→“通用”→“关于本机”→“证书信任设置”，打开 Breathwatch。",
      "安卓：点下面的链接。然后打开“设置”→“安全”→“更多安全设置”→“加密与凭据”→“安装证书”→“CA 证书”，选择文件 breathwatch.crt。",
      "它只能为这台主机作证，不能为别的网站作证。",
    ],
    get: "下载证书",
    absent: "这台主机没有自己的证书机构，不需要安装任何东西。",
  },
  "zh-Hant": {
    heading: "讓這支手機信任這台主機",
    compare: "請先核對：下面這串數字必須和主機啟動時顯示的一樣。如果不一樣，請不要繼續：",
    steps: [
      "iPhone、iPad：在 Safari 裡點下面的連結，允許下載。然後打開「設定」→「一般」→「VPN與裝置管理」，點 Breathwatch 描述檔，點「安裝」。最後打開「設定」→「一般」→「關於本機」→「憑證信任設定」，開啟 Breathwatch。",
      "Android：點下面的連結。然後打開「設定」→「安全性」→「更多安全性設定」→「加密與憑證」→「安裝憑證」→「CA 憑證」，選擇檔案 breathwatch.crt。",
      "它只能為這台主機作證，不能為別的網站作證。",
    ],
    get: "下載憑證",
    absent: "這台主機沒有自己的憑證機構，不需要安裝任何東西。",
  },
};

/** Hands the box's own authority to phones, with what to do there. */
export function authorityRoutes(app: App, { deps }: Context): void {
  app.get("/ca", (request, reply) => {
    const language = languageOf(request.headers["accept-language"]);
    const { heading, steps, compare, get, absent } = STEPS[language];
    const { authority } = deps;
    if (authority === undefined)
      return sendPlainPage(reply, 404, { language, heading, paragraphs: [absent] });
    return sendPlainPage(reply, 200, {
      ...{ language, heading, paragraphs: [compare, authority.fingerprint, ...steps] },
      link: { text: get, to: FILE },
    });
  });

  app.get(FILE, (_, reply) => {
    if (deps.authority === undefined) throw new Fault("NOT_FOUND", "This box has no authority of its own.");
    return reply
      .type("application/x-x509-ca-cert")
      .headers({
        "cache-control": "no-store",
        "content-disposition": 'attachment; filename="breathwatch.crt"',
      })
      .send(deps.authority.pem);
  });
}
