// What a comparison draws from. Each source gives both pictures of one frame at a time:
//
//   frame                       the number of the frame that it holds, or -1
//   draw(context, side, part, to)  paint the part of "before" or "after" that `part` names (in shares of the
//                               picture) into `to` (in pixels of the canvas)
//   goTo(frame)                 a promise that resolves when the frame can be drawn
//   play(), pause(), close()
//   videos                      the elements that it plays
//
// onframe is called when both pictures of another frame can be drawn.

import { contextOf } from "../dom.js";

const SETTLE_MS = 400; // a seek within one frame may present nothing new

/** Frames by number: (number + 1/2) / rate lies well inside a frame, whatever the container rounds. */
export function timeOf(frame, rate, start = 0) {
  return start + (frame + 0.5) / rate;
}

export function frameAt(seconds, rate, start = 0) {
  return Math.round((seconds - start) * rate);
}

function makeVideo(url, muted) {
  const video = document.createElement("video");
  video.src = url;
  video.preload = "auto";
  video.muted = muted;
  video.playsInline = true;
  return video;
}

/** Seek, and wait until the frame can be drawn. Resolves with false if the file fails. */
function sought(video, seconds) {
  if (video.error) return Promise.resolve(false);
  return new Promise((resolve) => {
    let timer = 0;
    let handle = 0;
    const end = (worked) => {
      clearTimeout(timer);
      video.removeEventListener("seeked", wait);
      video.removeEventListener("error", fail);
      if (handle) video.cancelVideoFrameCallback?.(handle);
      resolve(worked);
    };
    const fail = () => end(false);
    let isPresented = false;
    let isSought = false;
    const wait = () => {
      isSought = true;
      if (isPresented || !video.requestVideoFrameCallback) end(true);
      else timer = setTimeout(() => end(true), SETTLE_MS);
    };
    if (video.requestVideoFrameCallback) {
      const look = (_now, metadata) => {
        if (Math.abs(metadata.mediaTime - seconds) < 1) isPresented = true;
        if (isSought && isPresented) end(true);
        else handle = video.requestVideoFrameCallback(look);
      };
      handle = video.requestVideoFrameCallback(look);
    }
    video.addEventListener("seeked", wait);
    video.addEventListener("error", fail);
    video.currentTime = seconds;
  });
}

/** Whether the server has the file. */
export async function isThere(url) {
  try {
    return (await fetch(url, { headers: { Range: "bytes=0-0" }, cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** Runs one seek at a time: of those that come meanwhile, only the last is done. */
class Seeker {
  /** @type {Promise<void> | null} */
  running = null;
  target = 0;

  constructor(seek) {
    this.seek = seek;
  }

  async goTo(frame) {
    this.target = frame;
    if (!this.running) this.running = this.run();
    return this.running;
  }

  async run() {
    /** @type {number | null} */
    let done = null;
    try {
      while (this.target !== done) {
        done = this.target;
        await this.seek(done);
      }
    } finally {
      this.running = null;
    }
  }

  get isBusy() {
    return Boolean(this.running);
  }
}

/**
 * One decoder: a clip in which both pictures of a frame lie in one.
 *
 * A frame is captured once and both pictures are painted from that: the decoder can advance between the two.
 */
export class ClipSource {
  /** @type {((frame: number) => void) | undefined} */
  onframe;
  /** @type {(() => void) | undefined} */
  ondrift;
  /** @type {VideoFrame | undefined} what the decoder shows, where the browser has video frames */
  heldFrame;
  /** @type {HTMLCanvasElement | undefined} the same in other browsers */
  heldCanvas;

  constructor({ url, rate, layout }) {
    this.rate = rate;
    this.layout = layout;
    this.frame = -1;
    this.drift = 0;
    this.video = this.master = makeVideo(url, false);
    this.seeker = new Seeker((frame) => this.seekTo(frame));
    this.watch();
  }

  get videos() {
    return [this.video];
  }

  watch() {
    const video = this.video;
    if (!video.requestVideoFrameCallback) {
      const tick = () => {
        if (this.closed) return;
        if (!video.paused) this.reached(video.currentTime - 0.5 / this.rate);
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
      return;
    }
    const look = (_now, metadata) => {
      if (this.closed) return;
      if (!this.seeker.isBusy) this.reached(metadata.mediaTime);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  }

  reached(mediaTime) {
    if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.frame = frameAt(this.take() ?? mediaTime, this.rate);
    this.onframe?.(this.frame);
  }

  /** Capture what the decoder shows now; returns its time in seconds where the browser has it. */
  take() {
    if (window.VideoFrame) {
      this.heldFrame?.close();
      this.heldFrame = new VideoFrame(this.video);
      return this.heldFrame.timestamp / 1e6;
    }
    this.heldCanvas ??= document.createElement("canvas");
    this.heldCanvas.width = this.video.videoWidth;
    this.heldCanvas.height = this.video.videoHeight;
    contextOf(this.heldCanvas).drawImage(this.video, 0, 0);
    return null;
  }

  async seekTo(frame) {
    if (await sought(this.video, timeOf(frame, this.rate))) this.reached(frame / this.rate);
  }

  goTo(frame) {
    return this.seeker.goTo(frame);
  }

  draw(context, side, part, to) {
    const held = this.heldFrame ?? this.heldCanvas;
    if (!held) return;
    const box = this.layout[side];
    context.drawImage(
      held,
      box.x + part.x * box.width,
      box.y + part.y * box.height,
      part.width * box.width,
      part.height * box.height,
      to.x,
      to.y,
      to.width,
      to.height,
    );
  }

  play() {
    return this.video.play();
  }

  pause() {
    this.video.pause();
  }

  setSpeed(speed) {
    this.video.playbackRate = speed;
  }

  close() {
    this.closed = true;
    this.heldFrame?.close();
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}

/** One pair of pictures that does not move. */
export class StillSource {
  constructor({ before, after, frame }) {
    this.frame = frame;
    this.drift = 0;
    const load = async (url) => {
      const picture = new Image();
      picture.src = url;
      await picture.decode();
      return picture;
    };
    this.ready = Promise.all([load(before), load(after)]).then(([first, second]) => {
      this.pictures = { before: first, after: second };
      return this;
    });
  }

  draw(context, side, part, to) {
    const picture = this.pictures?.[side];
    if (!picture) return;
    const { naturalWidth: width, naturalHeight: height } = picture;
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

  close() {}
}

export { makeVideo, Seeker, sought };
