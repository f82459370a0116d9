// What the controls and the keys of the comparison name, and what each does to the player.

import { MODES } from "./stage.js";

const SPLIT_STEP = 0.02;
const JUMP_SECONDS = 5;

const step = (player, by) => {
  player.moving?.pause();
  const from = player.still ? player.frame : player.moving?.seeker.isBusy ? player.target : player.frame;
  player.seek(from + by);
};

const zoomMiddle = (player, times) => {
  const { left, top, width, height } = player.canvas.getBoundingClientRect();
  player.gestures.zoom(times, left + width / 2, top + height / 2);
};

export const ACTIONS = {
  toggle: (player) => player.toggle(),
  back: (player) => step(player, -1),
  on: (player) => step(player, 1),
  jumpBack: (player) => player.seek(player.frame - JUMP_SECONDS * player.rate),
  jumpOn: (player) => player.seek(player.frame + JUMP_SECONDS * player.rate),
  start: (player) => player.seek(player.loop.from ?? 0),
  seek: (player, value) => player.seek(Number(value)),
  less: (player) => player.setSplit(player.stage.view.split - SPLIT_STEP),
  more: (player) => player.setSplit(player.stage.view.split + SPLIT_STEP),
  mode: (player, value) => {
    if (!(value in MODES)) return;
    player.stage.view.mode = value;
    player.changed({ moved: true });
  },
  loupe: (player) => {
    const { view } = player.stage;
    view.loupe = view.loupe ? null : { across: 0.5, down: 0.5, x: view.x, y: view.y };
    player.changed();
  },
  closer: (player) => zoomMiddle(player, 1.25),
  further: (player) => zoomMiddle(player, 0.8),
  pixels: (player) => {
    player.stage.view.pixels = !player.stage.view.pixels;
    player.changed();
  },
  loop: (player) => player.stepLoop(),
  loopFrom: (player) => {
    player.loop = { from: player.frame, to: null };
    player.changed();
  },
  loopTo: (player) => {
    const from = player.loop.from ?? 0;
    if (player.frame > from) player.loop = { from, to: player.frame };
    player.changed();
  },
  loopOff: (player) => {
    player.loop = { from: null, to: null };
    player.changed();
  },
  speed: (player, value) => player.setSpeed(Number(value)),
  slower: (player) => player.faster(-1),
  faster: (player) => player.faster(1),
  sound: (player, value) => {
    player.sound = value;
    player.player?.choose(value);
    player.changed();
  },
  mute: (player) => player.act(player.sound === "off" ? "sound:after" : "sound:off"),
  picture: (player) => player.savePicture(),
  link: (player) => player.copyLink(),
  full: (player) => player.toggleFull(),
  help: (player) => player.help.showModal(),
};
