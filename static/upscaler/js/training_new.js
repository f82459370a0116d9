// The form of a new run: says what the time is expected to bring.

import { expectation } from "./expectation.js";

const UNITS = { minutes: 60, hours: 3600 };

const form = document.getElementById("run-form");
const measured = JSON.parse(document.getElementById("expected").textContent);

function show() {
  const value = (name) => form.elements.namedItem(name).value;
  const seconds = Number(value("amount")) * UNITS[value("unit")];
  const run = { size: value("size"), batch: Number(value("batch")), patch: Number(value("patch")) };
  const text = value("steps") ? "The number of steps under Advanced counts, not this time." : "";
  document.getElementById("expectation").textContent = text || expectation(seconds, run, measured);
}

form.addEventListener("input", show);
show();
