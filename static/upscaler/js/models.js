// The models page: the owner sends weights; what is being checked shows its verdict when it is there.

import { ask } from "./asking.js";
import { send } from "./sending.js";

const SECONDS = 1;
const WEIGHTS = /\.(pth|pt|safetensors)$/i; // other files that are dropped here are for the queue of uploads
const main = document.getElementById("main");
const drop = document.getElementById("drop");
const files = document.getElementById("files");

async function look(item) {
  const response = await ask(item.dataset.status);
  if (response.ok && (await response.json()).state !== "checking") location.reload();
}

const checking = [...document.querySelectorAll(".model[data-status]")];
if (checking.length) setInterval(() => checking.forEach((item) => look(item).catch(() => {})), SECONDS * 1000);

async function begin(file) {
  const item = document.getElementById("sending");
  const status = item.querySelector(".status");
  item.hidden = false;
  item.querySelector(".name").textContent = file.name;
  status.textContent = "Sending";
  await send(file, {
    endpoint: main.dataset.endpoint,
    chunk: main.dataset.chunk,
    metadata: { purpose: "weights" },
    onProgress: (sent, total) => {
      item.querySelector("progress").value = sent / total;
    },
    onDone: () => location.reload(),
    onError: (text) => {
      status.textContent = text;
    },
    onWaiting: (text) => {
      status.textContent = text;
    },
  });
}

if (drop) {
  files.addEventListener("change", () => files.files[0] && begin(files.files[0]));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      const [file] = event.dataTransfer.files;
      if (kind === "drop" && file && WEIGHTS.test(file.name)) begin(file);
    });
  }
}
