// On a video's page: import an upscale that was made elsewhere.

import { targetOf } from "./dom.js";
import { bytes } from "./format.js";
import { morphFromServer } from "./live.js";
import { startUpload } from "./tus-upload.js";

const part = (name) => document.getElementById(`import-${name}`);
/** @type {TusUpload | null} */
let upload = null;

function showStatus(text, isBusy) {
  part("status").textContent = text;
  part("send").disabled = isBusy;
  part("stop").hidden = !isBusy;
  part("bar").hidden = !isBusy;
}

function arrived() {
  upload = null;
  part("file").value = "";
  part("name").value = "";
  showStatus("Uploaded. HaloWeb is analysing the file. It will appear under “Results” on this page.", false);
  morphFromServer("jobs").catch(() => {});
}

async function begin() {
  const box = document.getElementById("import");
  const file = part("file").files[0];
  if (!file) return showStatus("Choose a file first.", false);
  if (file.size === 0) return showStatus("The file is empty. Was the copy or the download cut off?", false);
  const { endpoint, chunk, max, video } = box.dataset;
  if (file.size > Number(max)) return showStatus(`The file is too large. The limit is ${bytes(max)}.`, false);
  showStatus("Uploading", true);
  upload = await startUpload(file, {
    endpoint,
    chunk,
    metadata: { purpose: "video", upscale_of: video, title: part("name").value.trim() },
    onProgress: (sent, total) => {
      part("bar").value = sent / total;
      part("status").textContent = `${bytes(sent)} of ${bytes(total)}`;
    },
    onDone: arrived,
    onError: (text) => showStatus(text, false),
    onWaiting: (text) => {
      part("status").textContent = text;
    },
  });
  return undefined;
}

// the buttons are found when they are pressed: the page is replaced when its video is ready
document.addEventListener("click", async (event) => {
  const button = targetOf(event).closest("#import-send, #import-stop");
  if (button?.id === "import-send") await begin();
  if (button?.id === "import-stop") {
    await upload?.abort(true).catch(() => {});
    showStatus("Cancelled.", false);
  }
});
