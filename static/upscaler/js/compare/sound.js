// Selects the sound. The master plays its own; the other side's comes from an <audio> element that follows it.

const APART_SECONDS = 0.08;

export class Sound {
  /** @type {HTMLAudioElement | undefined} */
  audio;

  /** other: { url, start } of the side that the master has no sound of, or null */
  constructor(master, other) {
    this.master = master;
    this.start = other?.start ?? 0;
    this.chosen = "after";
    if (!other) return;
    this.audio = new Audio();
    this.audio.preload = "none";
    this.audio.src = other.url;
    for (const kind of ["play", "playing", "seeked", "timeupdate", "ratechange"])
      master.addEventListener(kind, () => this.follow());
    for (const kind of ["pause", "waiting", "ended"]) master.addEventListener(kind, () => this.audio?.pause());
  }

  /** "before", "after" or "off" */
  choose(name) {
    this.chosen = name;
    this.master.muted = name !== "after";
    if (this.audio) this.follow();
  }

  follow() {
    const { audio, master } = this;
    if (!audio) return;
    if (this.chosen !== "before" || master.paused) {
      audio.pause();
      return;
    }
    const time = master.currentTime + this.start;
    if (Math.abs(audio.currentTime - time) > APART_SECONDS) audio.currentTime = time;
    audio.playbackRate = master.playbackRate;
    if (audio.paused) audio.play().catch(() => {});
  }

  close() {
    this.audio?.pause();
  }
}
