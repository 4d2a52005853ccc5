import { effect } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType, render } from "preact";
import { browserNotices } from "./browser-notices.ts";
import { browserClock } from "./clock.ts";
import { LossNotice } from "./loss-notice.ts";
import { Page, PageContext } from "./page.ts";
import { browserRandom } from "./random.ts";
import { Broken, type OpenName, Shell } from "./shell.tsx";
import "./styles.css";

export interface PageStart {
  readonly name: OpenName;
  readonly app: ComponentType;
  /** Pages for caregivers ring; a patient's page would wake the patient. */
  readonly rings: boolean;
  /** The page says in its own words that the connection is lost. */
  readonly ownLossWords?: boolean;
}

/** Composition root of a page. */
export function startPage(start: PageStart): void {
  const root = document.getElementById("app");
  if (root === null) return;
  const page = new Page(browserClock(), browserRandom());
  page.start();
  if (start.rings) ringWhenNeeded(page);
  registerWorker(page);
  const App = start.app;
  render(
    <PageContext.Provider value={page}>
      <Boundary page={page}>
        <Shell name={start.name} ownLossWords={start.ownLossWords ?? false}>
          <App />
        </Shell>
      </Boundary>
    </PageContext.Provider>,
    root,
  );
}

function ringWhenNeeded(page: Page): void {
  const notice = new LossNotice(page.clock, browserNotices);
  const words = () => {
    const { language, words: all } = page.format.peek();
    const { common } = all.pages;
    return { title: common.lostNotice, body: common.lostNoticeText, lang: language };
  };
  effect(() => {
    const who = page.who.value;
    page.everySecond();
    page.alarm.update({
      phase: page.phase.value,
      beds: page.heard.value?.beds ?? [],
      demo: who.kind === "known" && who.me.demo,
    });
    page.handOver(notice.update(page.alarm.lossIsUrgent.value, words));
  });
}

/** Without a worker the page works; it only cannot be opened offline or be pushed to. */
function registerWorker(page: Page): void {
  page.preferences.tellWorker(page.language.peek());
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/sw.js").catch(() => {
    // Refused on plain http addresses other than localhost; "Start the night" says what that means for this phone.
  });
}

/** Catches whatever a part of the page throws while it draws: an empty page would look like a quiet night. */
class Boundary extends Component<{ readonly page: Page; readonly children: ComponentChildren }> {
  override componentDidCatch(error: unknown): void {
    this.props.page.broken.value = error ?? "unknown";
    this.setState({ failed: true });
  }

  override render() {
    const failed = "failed" in this.state && this.state["failed"] === true;
    return failed ? <Broken /> : this.props.children;
  }
}
