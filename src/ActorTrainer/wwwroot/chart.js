// A line chart over steps, in the page's own colours, which follow light and dark.

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Chart {
  /** @param lines [{ label, colour: "--s1", points: true }] */
  constructor(host, title, lines, range) {
    this.host = host;
    this.title = title;
    this.lines = lines;
    this.range = range;
    this.data = [[], ...lines.map(() => [])];
    this.onResize = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.onResize.observe(host);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.draw();
    this.scheme.addEventListener("change", this.onScheme);
    this.draw();
    this.tell();
  }

  set(data) {
    this.data = data;
    this.plot.setData(data);
    this.tell();
  }

  /** In words, for whoever does not see it. */
  tell() {
    const steps = this.data[0], last = this.lines.map((line, i) => [line.label, this.data[i + 1].findLast(value => value !== null && value !== undefined)]).filter(([, value]) => value !== undefined);
    this.host.setAttribute("aria-label", [`${this.title} by step`, `${steps.length} points`, ...last.map(([label, value]) => `${label} ${value.toPrecision(4)}`)].join(", "));
  }

  close() {
    this.onResize.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    this.plot.destroy();
  }

  size() {
    return { width: Math.max(200, this.host.clientWidth), height: 230 };
  }

  draw() {
    this.plot?.destroy();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    this.plot = new uPlot({
      ...this.size(),
      scales: { x: { time: false }, y: this.range ? { range: this.range } : {} },
      axes: [{ ...axis, size: 28 }, { ...axis, size: 52 }],
      cursor: { drag: { x: true, y: false } },
      series: [{ label: "step", value: (_, value) => value ?? "–" }, ...this.lines.map(line => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 1.6,
        spanGaps: true,
        points: { show: line.points ?? false, size: 6, fill: colour(line.colour) },
        value: (_, value) => value === null || value === undefined ? "–" : value.toPrecision(4),
      }))],
    }, this.data, this.host);
  }
}
