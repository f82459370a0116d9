// A place in a comparison, in the page's address: ?t=12.4&x=0.4&m=side

import { MODES } from "./stage.js";

const WAIT_MS = 400;

/** @typedef {{ seconds: number, split: number, mode: string }} Place */

export function placeIn(address) {
  const parameters = new URL(address).searchParams;
  const number = (name) => {
    const value = parameters.get(name);
    return value !== null && Number.isFinite(Number(value)) ? Number(value) : null;
  };
  const [seconds, split, mode] = [number("t"), number("x"), parameters.get("m")];
  return {
    seconds: seconds === null ? null : Math.max(0, seconds),
    split: split === null ? null : Math.min(1, Math.max(0, split)),
    mode: mode !== null && mode in MODES ? mode : null,
  };
}

/** The page's address with that place in it. Other things in it stay. */
export function addressOf(address, { seconds, split, mode }) {
  const url = new URL(address);
  url.searchParams.set("t", String(Number(seconds.toFixed(3))));
  url.searchParams.set("x", split.toFixed(2));
  if (mode === "wipe") url.searchParams.delete("m");
  else url.searchParams.set("m", mode);
  return url.href;
}

/** Keep the page's address at the place that is shown. */
export function follower() {
  let timer = 0;
  return (place) => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(history.state, "", addressOf(location.href, place)), WAIT_MS);
  };
}
