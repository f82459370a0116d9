// Two decoders held together: for results that are too long, or too good, for one comparison clip.
//
// Nothing is drawn from the videos themselves. Each frame that a decoder presents is kept for a moment under its
// number, and only numbers that both sides have are shown: the halves can be late, but never of different frames.
// That number comes with the picture, in a VideoFrame. Over plain HTTP browsers have none; the number then comes
// beside the picture, which may be the next one already while the video plays. So a picture counts when the next
// number comes, and only if it was taken before that one's frame was put in its place.

import { contextOf } from "../dom.js";
import { frameAt, makeVideo, Seeker, sought, timeOf } from "./sources.js";

const KEPT = 8; // frames a side: how far one may run ahead
const CLOCK_MS = 0.2; // precision of the time that pages get
const NUDGE = 0.06; // of the speed, while one side is behind
const JUMP_SECONDS = 0.5; // behind by more: seek
const SIDES = ["before", "after"];

/** The last frames of one video, as pictures of their own. */
class Track {
  constructor({ url, start }, rate, muted) {
    this.start = start;
    this.rate = rate;
    this.video = makeVideo(url, muted);
    this.kept = new Map();
    this.spare = [];
    this.last = -1;
    this.unsure = null;
  }

  /** Keep what the decoder shows now; `metadata` comes from the callback. */
  keep(metadata) {
    if (!this.isShown()) return;
    if (window.VideoFrame) {
      const taken = new VideoFrame(this.video);
      this.last = frameAt(taken.timestamp / 1e6, this.rate, this.start);
      if (!this.kept.has(this.last)) this.store(this.last, this.paint(taken));
      taken.close();
    } else {
      this.keepIfSure(metadata);
      this.last = frameAt(metadata.mediaTime, this.rate, this.start);
      const canvas = this.paint(this.video);
      this.unsure = { frame: this.last, canvas, presented: metadata.presentedFrames, at: performance.now() };
    }
  }

  /** Keep the previous picture, if the frame that is reported now is the very next one, and came later. */
  keepIfSure({ presentedFrames, presentationTime }) {
    if (!this.unsure) return;
    const { frame, canvas, presented, at } = this.unsure;
    this.unsure = null;
    const isSure = presentedFrames === presented + 1 && at + CLOCK_MS < presentationTime;
    if (isSure && !this.kept.has(frame)) this.store(frame, canvas);
    else this.spare.push(canvas);
  }

  isShown() {
    return this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  paint(picture) {
    const canvas = this.spare.pop() ?? document.createElement("canvas");
    canvas.width = this.video.videoWidth;
    canvas.height = this.video.videoHeight;
    contextOf(canvas).drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  store(frame, canvas) {
    if (this.kept.size >= KEPT) {
      const oldest = this.kept.keys().next().value;
      this.spare.push(this.kept.get(oldest));
      this.kept.delete(oldest);
    }
    this.kept.set(frame, canvas);
  }

  /** Hand the picture of a frame over: nothing is painted on it any more until it is given back. */
  release(frame) {
    const canvas = this.kept.get(frame);
    this.kept.delete(frame);
    return canvas;
  }

  forget() {
    this.spare.push(...this.kept.values());
    this.kept.clear();
    if (this.unsure) this.spare.push(this.unsure.canvas);
    this.unsure = null;
    this.last = -1;
  }

  async seekTo(frame) {
    const seconds = timeOf(frame, this.rate, this.start);
    if (!(await sought(this.video, seconds)) || !this.isShown()) return;
    if (window.VideoFrame) {
      this.keep();
    } else {
      this.last = frame; // nothing moves
      this.store(frame, this.paint(this.video));
    }
  }
}

export class PairSource {
  /** @type {((frame: number) => void) | undefined} */
  onframe;
  /** @type {(() => void) | undefined} */
  ondrift;

  constructor({ rate, before, after }) {
    this.rate = rate;
    this.frame = -1;
    this.drift = 0;
    this.speed = 1;
    this.tracks = { before: new Track(before, rate, true), after: new Track(after, rate, false) };
    this.master = this.tracks.after.video;
    this.seeker = new Seeker((frame) => this.seekTo(frame));
    for (const side of SIDES) this.watch(this.tracks[side]);
    this.master.addEventListener("waiting", () => this.tracks.before.video.pause());
    this.master.addEventListener("playing", () => this.tracks.before.video.play().catch(() => {}));
    this.master.addEventListener("pause", () => this.settle());
    this.master.addEventListener("ended", () => this.settle());
  }

  get videos() {
    return SIDES.map((side) => this.tracks[side].video);
  }

  watch(track) {
    const look = (_now, metadata) => {
      if (this.closed) return;
      if (!this.seeker.isBusy) {
        track.keep(metadata);
        this.pairUp();
      }
      track.video.requestVideoFrameCallback(look);
    };
    track.video.requestVideoFrameCallback(look);
  }

  /** Show the newest frame that both have. */
  pairUp() {
    const { before, after } = this.tracks;
    const common = [...after.kept.keys()].filter((frame) => before.kept.has(frame));
    const newest = Math.max(-1, ...common);
    if (newest >= 0 && newest !== this.frame) {
      this.frame = newest;
      if (this.pictures) for (const side of SIDES) this.tracks[side].spare.push(this.pictures[side]);
      this.pictures = { before: before.release(newest), after: after.release(newest) };
      this.onframe?.(newest);
    }
    this.holdTogether();
  }

  holdTogether() {
    const { before, after } = this.tracks;
    if (before.last < 0 || after.last < 0 || after.video.paused) return;
    const behind = after.last - before.last;
    if (Math.abs(behind) !== this.drift) {
      this.drift = Math.abs(behind);
      this.ondrift?.();
    }
    if (Math.abs(behind) > JUMP_SECONDS * this.rate) {
      before.video.currentTime = timeOf(after.last + 2, this.rate, before.start);
    }
    before.video.playbackRate = this.speed * (1 + NUDGE * Math.sign(behind) * (Math.abs(behind) > 1 ? 1 : 0));
  }

  async seekTo(frame) {
    const { before, after } = this.tracks;
    before.forget();
    after.forget();
    await Promise.all([before.seekTo(frame), after.seekTo(frame)]);
    this.frame = -1;
    this.pairUp();
  }

  goTo(frame) {
    return this.seeker.goTo(frame);
  }

  /** Stopped: both sides go to the frame that is shown. */
  settle() {
    this.tracks.before.video.pause();
    if (this.frame >= 0 && !this.seeker.isBusy) this.goTo(this.frame);
  }

  draw(context, side, part, to) {
    const picture = this.pictures?.[side];
    if (!picture) return;
    const { width, height } = picture;
    context.drawImage(
      picture,
      part.x * width,
      part.y * height,
      part.width * width,
      part.height * height,
      to.x,
      to.y,
      to.width,
      to.height,
    );
  }

  async play() {
    await Promise.all(SIDES.map((side) => this.tracks[side].video.play()));
  }

  pause() {
    for (const side of SIDES) this.tracks[side].video.pause();
  }

  setSpeed(speed) {
    this.speed = speed;
    for (const side of SIDES) this.tracks[side].video.playbackRate = speed;
  }

  close() {
    this.closed = true;
    for (const side of SIDES) {
      const { video } = this.tracks[side];
      video.pause();
      video.removeAttribute("src");
      video.load();
    }
  }
}
