// Gestures on the picture: drag the divider, hold to flip, pinch or scroll to zoom, point with the magnifier.

const NEAREST = 8;
const STEP = 1.25;

export class Gestures {
  /** player: has stage, changed(), flip(side) */
  constructor(player, canvas) {
    this.player = player;
    this.canvas = canvas;
    /** @type {Map<number, PointerEvent>} */
    this.fingers = new Map();
    this.apart = 1;
    this.middle = { x: 0, y: 0 };
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, (event) => this.up(event));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", () => player.act("full"));
  }

  get view() {
    return this.player.stage.view;
  }

  down(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, event);
    if (this.fingers.size === 2) {
      this.begin();
      return;
    }
    if (this.view.mode === "flip") this.player.flip("before");
    else this.follow(event);
  }

  move(event) {
    if (this.view.loupe) this.player.point(event.clientX, event.clientY);
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    this.fingers.set(event.pointerId, event);
    if (this.fingers.size === 2) this.pinch();
    else if (event.shiftKey || (this.view.zoom > 1 && !this.drags()))
      this.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    else this.follow(event);
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.view.mode === "flip") this.player.flip("");
  }

  leave() {
    if (this.view.loupe && !this.fingers.size) this.player.changed();
  }

  drags() {
    return this.view.mode.startsWith("wipe");
  }

  follow(event) {
    if (!this.drags()) return;
    const point = this.player.stage.pointAt(event.clientX, event.clientY, { clamped: true });
    this.player.setSplit(this.view.mode === "wipe" ? point.across : point.down);
  }

  wheel(event) {
    if (this.view.loupe) {
      event.preventDefault();
      this.view.power = Math.min(8, Math.max(2, this.view.power * (event.deltaY < 0 ? STEP : 1 / STEP)));
      this.player.changed();
    } else if (event.ctrlKey || document.fullscreenElement) {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, event.clientX, event.clientY);
    }
  }

  /** Come closer to a point, which stays where it is on the screen. */
  zoom(times, clientX, clientY) {
    const { stage } = this.player;
    const point = stage.pointAt(clientX, clientY, { clamped: true });
    const zoom = Math.min(NEAREST, Math.max(1, this.view.zoom * times));
    const size = 1 / zoom;
    Object.assign(this.view, {
      zoom,
      x: point.x - point.across * size + size / 2,
      y: point.y - point.down * size + size / 2,
    });
    this.keepWithin();
  }

  pan(across, down) {
    const { width, height } = this.player.stage.boxes()[0];
    const density = this.canvas.width / this.canvas.getBoundingClientRect().width;
    this.view.x -= (across * density) / (width * this.view.zoom);
    this.view.y -= (down * density) / (height * this.view.zoom);
    this.keepWithin();
  }

  keepWithin() {
    const half = 0.5 / this.view.zoom;
    this.view.x = Math.min(1 - half, Math.max(half, this.view.x));
    this.view.y = Math.min(1 - half, Math.max(half, this.view.y));
    this.canvas.classList.toggle("near", this.view.zoom > 1);
    this.player.changed();
  }

  begin() {
    this.apart = this.distance();
    this.middle = this.centre();
  }

  pinch() {
    const [apart, middle] = [this.distance(), this.centre()];
    this.pan(middle.x - this.middle.x, middle.y - this.middle.y);
    this.zoom(apart / this.apart, middle.x, middle.y);
    [this.apart, this.middle] = [apart, middle];
  }

  distance() {
    const [first, second] = [...this.fingers.values()];
    return Math.max(1, Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY));
  }

  centre() {
    const [first, second] = [...this.fingers.values()];
    return { x: (first.clientX + second.clientX) / 2, y: (first.clientY + second.clientY) / 2 };
  }
}
