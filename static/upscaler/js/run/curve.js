// One curve of a run over its steps, with the guard's marks and the step that is shown.

const HEIGHT = 220;

/** @typedef {import("./points.js").Point} Point */

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Curve {
  /**
   * @param {HTMLElement} element
   * @param {string} label
   * @param {(point: Point) => number | null} value
   * @param {number} decimals
   */
  constructor(element, label, value, decimals) {
    this.element = element;
    this.label = label;
    this.value = value;
    this.decimals = decimals;
    /** @type {Point[]} */
    this.points = [];
    /** @type {number | null} */
    this.shown = null;
    /** @type {any} */
    this.chart = null;
    new ResizeObserver(() => this.resize()).observe(element);
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.rebuild());
  }

  /** Show these points, of which those without a value are left out. Return whether there are any.
   * @param {Point[]} points */
  show(points) {
    this.points = points;
    const drawn = points.filter((point) => this.value(point) !== null);
    this.data = [drawn.map((point) => point.step), drawn.map(this.value)];
    this.element.hidden = !drawn.length;
    if (!drawn.length) return false;
    if (this.chart) this.chart.setData(this.data);
    else this.rebuild();
    return true;
  }

  /** Mark the step that is shown.
   * @param {number | null} step */
  mark(step) {
    this.shown = step;
    this.chart?.redraw(false);
  }

  rebuild() {
    this.chart?.destroy();
    if (!this.data?.[0].length) return;
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const format = (number) => (number === null ? "–" : number.toFixed(this.decimals));
    this.chart = new uPlot(
      {
        width: this.element.clientWidth || 320,
        height: HEIGHT,
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 32 },
          { ...axis, size: 58 },
        ],
        series: [
          { label: "Step", value: (_, step) => (step === null ? "–" : step.toLocaleString("en")) },
          {
            label: this.label,
            stroke: colour("--accent"),
            width: 2,
            points: { show: this.data[0].length < 60, size: 5, fill: colour("--accent") },
            value: (_, number) => format(number),
          },
        ],
        cursor: { y: false, drag: { x: false, y: false } },
        hooks: { draw: [(chart) => this.drawMarks(chart)] },
      },
      /** @type {any} */ (this.data),
      this.element,
    );
  }

  /** Lines where the guard acted, and at the step that is shown. */
  drawMarks(chart) {
    const [first, last] = [chart.scales.x.min, chart.scales.x.max];
    const context = chart.ctx;
    const line = (step, stroke, dash) => {
      if (step < first || step > last) return;
      const x = Math.round(chart.valToPos(step, "x", true)) + 0.5;
      context.save();
      context.strokeStyle = stroke;
      context.lineWidth = devicePixelRatio;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(x, chart.bbox.top);
      context.lineTo(x, chart.bbox.top + chart.bbox.height);
      context.stroke();
      context.restore();
    };
    for (const point of this.points) if (point.note) line(point.step, colour("--warn"), []);
    if (this.shown !== null) line(this.shown, colour("--muted"), [4 * devicePixelRatio, 4 * devicePixelRatio]);
  }

  resize() {
    if (this.chart && this.element.clientWidth) this.chart.setSize({ width: this.element.clientWidth, height: HEIGHT });
  }
}
