// Runs inside the pages under test, before their own scripts: what a test asks of a page, as `probe.name()`.
(() => {
  const looping = new Set();
  const sounds = [];
  const { start, stop } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...args) {
    if (this.loop) looping.add(this);
    sounds.push(this);
    this.startsAt = args[0] ?? this.context.currentTime;
    start.apply(this, args);
  };
  AudioBufferSourceNode.prototype.stop = function (...args) {
    looping.delete(this);
    this.stopsAt = args[0] ?? this.context.currentTime;
    stop.apply(this, args);
  };

  globalThis.probe = {
    /** Sounds that play in a loop now. */
    loops: () => looping.size,

    /** Every sound that was planned: when, how long, and the sum of its 16-bit samples, each weighted by its place. */
    sounds: () =>
      sounds.map(({ startsAt, stopsAt, loop, buffer }) => ({
        startsAt,
        stopsAt,
        loop,
        samples: buffer.length,
        sum: buffer
          .getChannelData(0)
          .reduce((sum, value, index) => sum + Math.round(value * 32_768) * ((index % 97) + 1), 0),
      })),

    /** Parts of the page that stick out of the screen, or whose text does not fit in them. */
    overflowing() {
      const found = [];
      const root = document.documentElement;
      if (root.scrollWidth > root.clientWidth) found.push(`page: ${root.scrollWidth} > ${root.clientWidth}`);
      for (const element of document.querySelectorAll("#app *")) {
        if (element.closest(".table-scroll, .visually-hidden, .uplot, .skip") !== null) continue;
        if (element.clientWidth === 0 || element.scrollWidth <= element.clientWidth + 1) continue;
        found.push(`${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`);
      }
      return found;
    },

    /** Opens whatever can be opened. */
    openAll() {
      for (const details of document.querySelectorAll("details")) details.open = true;
    },

    /** How many bright pixels the first canvas shows. */
    bright() {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, index) => index % 4 < 3 && value > 100).length;
    },

    /** What axe-core (evaluated before) finds against WCAG 2.2 AA and its best practices, as "rule: place". */
    async faults() {
      const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await globalThis.axe.run(document, {
        ...{ runOnly, resultTypes: ["violations"] },
        // The pages bring every style along: nothing has to be fetched first.
        preload: false,
      });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
    },
  };
})();
