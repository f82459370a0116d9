// Figures and times as people write them.

/** 93.4 as "1:33"; hours only where there are some. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Frames per second, with more decimals for low rates. */
export function frameRate(fps) {
  return `${fps < 10 ? fps.toFixed(2) : fps.toFixed(1)} frames/s`;
}

/** Bytes in the unit that fits. */
export function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** "1 file", "2 files". */
export function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** The time of day of a moment. */
export function timeOfDay(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** The day of a moment in the time zone of the reader, such as "5 December 2026". */
export function date(iso) {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" }).format(new Date(iso));
}

/** The same with the time of day and its zone: "5 December 2026, 09:30 GMT+9". */
export function dateAndTime(iso) {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  return `${date(iso)}, ${time.format(new Date(iso))}`;
}

/** Frame 95 at 30 a second as "0:03.05": minutes, seconds, and the frame within its second. */
export function timecode(frame, [numerator, denominator]) {
  const second = Math.floor((frame * denominator) / numerator);
  const first = Math.ceil((second * numerator) / denominator);
  return `${clock(second)}.${String(frame - first).padStart(2, "0")}`;
}
