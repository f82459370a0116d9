// Two pictures beside each other in one PNG, exact to the pixel of the one after.

import { contextOf } from "../dom.js";

async function loaded(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}

/** Hand a canvas to the person as a file. */
export function saveCanvas(canvas, name) {
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

/** Before, enlarged as players do, to the left of after. */
export async function saveSideBySide(beforeUrl, afterUrl, name) {
  const [before, after] = await Promise.all([loaded(beforeUrl), loaded(afterUrl)]);
  const canvas = document.createElement("canvas");
  const { naturalWidth: width, naturalHeight: height } = after;
  [canvas.width, canvas.height] = [2 * width, height];
  const context = contextOf(canvas, { alpha: false });
  context.imageSmoothingQuality = "high";
  context.drawImage(before, 0, 0, width, height);
  context.drawImage(after, width, 0);
  saveCanvas(canvas, name);
}
