// Of several tabs, one shows each notice.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ToastClaims } from "../../static/upscaler/js/toast-claims.js";

let channels = [];
let names = 0;

/** A tab on the channel that all tabs of this test share; the earlier one has the lower name. */
function tab() {
  const channel = new BroadcastChannel("claims");
  channels.push(channel);
  names += 1;
  return new ToastClaims(channel, names);
}

afterEach(() => {
  for (const channel of channels) channel.close();
  channels = [];
});

const notices = [{ number: 7 }, { number: 8 }];

test("a tab that is alone shows all", async () => {
  assert.deepEqual(await tab().claim("toast", notices), notices);
});

test("of two tabs that claim at once, the one with the lower name shows them", async () => {
  const [first, second] = [tab(), tab()];
  const shown = await Promise.all([second.claim("toast", notices), first.claim("toast", notices)]);
  assert.deepEqual(shown, [[], notices]);
});

test("what another tab has claimed before is not shown again", async () => {
  const [first, second] = [tab(), tab()];
  await second.claim("toast", [notices[0]]);
  assert.deepEqual(await first.claim("toast", notices), [notices[1]]);
});

test("a notification does not take the toast away", async () => {
  const [hidden, visible] = [tab(), tab()];
  const [notified, shown] = await Promise.all([hidden.claim("notification", notices), visible.claim("toast", notices)]);
  assert.deepEqual([notified, shown], [notices, notices]);
});

test("of many tabs exactly one shows it", async () => {
  const tabs = Array.from({ length: 8 }, tab);
  const shown = await Promise.all(tabs.map((one) => one.claim("toast", [notices[0]])));
  assert.equal(shown.flat().length, 1);
});
