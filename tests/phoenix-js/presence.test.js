// Who is there, as Phoenix's own Presence reads it.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Client } from "./client.js";
import { Relay } from "./relay.js";
import { Room, randomHash, sha256 } from "./room.js";
import { Wire } from "./wire.js";

const relay = await Relay.start();
after(() => relay.stop());

test("presence is keyed by the SHA-256 of the sender hash; a meta holds a phx_ref and nothing else", async () => {
  const [room, senders] = [Room.proven(), [randomHash(), randomHash()]];
  const [a, b] = [await Wire.open(relay), await Wire.open(relay)];
  await a.join(room, { sender: senders[0] });
  const state = await b.join(room, { sender: senders[1] });
  assert.deepEqual(Object.keys(state).sort(), senders.map(sha256).sort());
  for (const entry of Object.values(state)) {
    assert.deepEqual(Object.keys(entry), ["metas"]);
    assert.equal(entry.metas.length, 1);
    assert.deepEqual(Object.keys(entry.metas[0]), ["phx_ref"]);
    assert.match(entry.metas[0].phx_ref, /^.+$/);
  }
  const frames = await a.pending();
  const joined = { [sha256(senders[1])]: state[sha256(senders[1])] };
  assert.deepEqual(frames, [[null, null, room.topic, "presence_diff", { joins: joined, leaves: {} }]]);
  b.push("1", "2", room.topic, "phx_leave");
  await b.pending();
  const left = await a.pending();
  assert.deepEqual(left, [[null, null, room.topic, "presence_diff", { joins: {}, leaves: joined }]]);
  [a, b].forEach((wire) => wire.close());
});

test("a socket that is cut leaves its seat", async () => {
  const [room, sender] = [Room.proven(), randomHash()];
  const [a, b] = [await Wire.open(relay), await Wire.open(relay)];
  await a.join(room);
  await b.join(room, { sender });
  await a.pending();
  b.close();
  const [, , , event, { leaves }] = await a.frame();
  assert.equal(event, "presence_diff");
  assert.deepEqual(Object.keys(leaves), [sha256(sender)]);
  a.close();
});

test("Phoenix's Presence sees members come and go", async (t) => {
  const [room, senders] = [Room.proven(), [randomHash(), randomHash()]];
  const keys = senders.map(sha256);
  const a = await Client.open(relay, t);
  const { presence } = a.channel(room, senders[0]);
  await presence.until("a is listed", (list) => list.length === 1 && list[0] === keys[0]);
  const b = await Client.open(relay, t);
  const other = b.channel(room, senders[1]);
  await presence.until("b is listed", (list) => list.length === 2 && list.includes(keys[1]));
  await other.presence.until("b sees both", (list) => list.length === 2);
  other.leave();
  await presence.until("b is gone", (list) => list.length === 1);
});

test("in rooms of more than 16 seats the changes are collected", async (t) => {
  const large = await Relay.start(["--max-seats", "60"]);
  t.after(() => large.stop());
  const room = Room.proven();
  const wires = await Promise.all(Array.from({ length: 51 }, () => Wire.open(large)));
  const [first, ...rest] = wires;
  await first.join(room);
  for (const wire of rest.slice(0, 15)) await wire.join(room);
  const oneByOne = (await first.pending()).map(([, , , event, { joins }]) => [event, Object.keys(joins).length]);
  assert.deepEqual(oneByOne, Array(15).fill(["presence_diff", 1]), "up to 16 seats one by one");
  await Promise.all(rest.slice(15).map((wire) => wire.join(room)));
  const seen = new Set();
  let diffs = 0;
  while (seen.size < 35) {
    const [, , , event, { joins }] = await first.frame();
    assert.equal(event, "presence_diff");
    Object.keys(joins).forEach((key) => seen.add(key));
    diffs += 1;
  }
  assert.ok(diffs <= 20, `35 joins at once came as ${diffs} changes`);
  wires.forEach((wire) => wire.close());
});
