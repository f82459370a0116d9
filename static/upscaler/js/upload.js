// The upload page: several files at once, by drag and drop or by choosing, each with its bar.

import { send } from "./sending.js";
import { bytes } from "./words.js";

const main = document.getElementById("main");
const drop = document.getElementById("drop");
const list = document.getElementById("uploads");
const files = document.getElementById("files");

function row(file) {
  const item = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
  item.querySelector(".name").textContent = file.name;
  item.querySelector(".figures").textContent = bytes(file.size);
  list.prepend(item);
  return item;
}

/** Files that came together may belong together. */
function offer(ids) {
  const link = document.querySelector("#join-offer a");
  link.href = `${main.dataset.join}?${ids.map((id) => `video=${id}`).join("&")}`;
  document.getElementById("join-offer").hidden = false;
}

function beginAll(chosen) {
  const arrived = [];
  for (const file of chosen) {
    begin(file, (id) => {
      arrived.push(id);
      if (arrived.length > 1) offer(arrived);
    });
  }
}

async function begin(file, onArrival) {
  const item = row(file);
  const status = item.querySelector(".status");
  const pause = item.querySelector(".pause");
  const stop = item.querySelector(".stop");
  const wrong = (text) => {
    item.classList.add("wrong");
    status.textContent = text;
    pause.hidden = true;
  };
  stop.onclick = () => item.remove();
  if (file.size === 0) return wrong("The file is empty. Was the copy or the download cut off?");
  if (file.size > Number(main.dataset.max)) return wrong(`The file is larger than this server takes (${bytes(main.dataset.max)}).`);

  let isPaused = false;
  status.textContent = "Sending";
  const upload = await send(file, {
    endpoint: main.dataset.endpoint,
    chunk: main.dataset.chunk,
    metadata: { purpose: "video", starts_job: document.getElementById("starts-job").checked ? "1" : "0" },
    onProgress: (sent, total) => {
      if (!isPaused) status.textContent = "Sending";
      item.querySelector("progress").value = sent / total;
      item.querySelector(".figures").textContent = `${bytes(sent)} of ${bytes(total)}`;
    },
    onDone: (id) => {
      item.classList.add("whole");
      item.querySelector("progress").value = 1;
      status.textContent = "Here";
      pause.hidden = true;
      stop.hidden = true;
      const open = item.querySelector(".open");
      open.href = `${main.dataset.videos}${id}/`;
      open.hidden = false;
      onArrival(id);
    },
    onError: wrong,
    onWaiting: (text) => {
      status.textContent = text;
    },
  });
  stop.onclick = async () => {
    await upload.abort(true).catch(() => {});
    item.remove();
  };
  pause.onclick = async () => {
    isPaused = !isPaused;
    pause.querySelector("span").textContent = isPaused ? "Go on" : "Pause";
    pause.querySelector(".icon").className = `icon ${isPaused ? "play" : "pause"}`;
    status.textContent = isPaused ? "Paused" : "Sending";
    if (isPaused) await upload.abort();
    else upload.start();
  };
  return undefined;
}

files.addEventListener("change", () => {
  beginAll([...files.files]);
  files.value = "";
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") beginAll([...event.dataTransfer.files]);
  });
}
