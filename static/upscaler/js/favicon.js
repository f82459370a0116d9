// The page's icon as a ring that fills while a job runs.

import { contextOf } from "./dom.js";

const SIZE = 64;

const link = document.querySelector("link[rel=icon]");
const usual = { href: link.href, type: link.type };
const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
/** @type {number | null} */
let shown = null;

/** Show a progress of 0 to 1; null for the usual icon. */
export function showProgressIcon(share) {
  const percent = share === null ? null : Math.floor(share * 100);
  if (percent === shown) return;
  shown = percent;
  if (percent === null) {
    Object.assign(link, usual);
    return;
  }
  const pen = contextOf(canvas);
  const arc = (colour, end) => {
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.arc(SIZE / 2, SIZE / 2, SIZE / 2 - 8, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * end);
    pen.stroke();
  };
  pen.clearRect(0, 0, SIZE, SIZE);
  pen.lineWidth = 14;
  arc("#5b6b80", 1);
  arc("#4aa9f5", percent / 100);
  Object.assign(link, { href: canvas.toDataURL("image/png"), type: "image/png" });
}
