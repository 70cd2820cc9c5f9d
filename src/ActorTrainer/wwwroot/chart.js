// A line chart over steps, in the page's own colours, which follow light and dark.

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Chart {
  /** @param lines [{ label, colour: "--s1", points: true }] */
  constructor(host, lines, range) {
    this.host = host;
    this.lines = lines;
    this.range = range;
    this.data = [[], ...lines.map(() => [])];
    this.onResize = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.onResize.observe(host);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.draw();
    this.scheme.addEventListener("change", this.onScheme);
    this.draw();
  }

  set(data) {
    this.data = data;
    this.plot.setData(data);
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
