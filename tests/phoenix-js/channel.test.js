// Channels on one socket: leaving, joining again, refs, and topics that are none of ours.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Relay } from "./relay.js";
import { Room, randomHash } from "./room.js";
import { OK, Wire, error, joined } from "./wire.js";

const relay = await Relay.start();
after(() => relay.stop());

test("a leave is answered ok, then comes phx_close with the join_ref twice", async () => {
  const [wire, room] = [await Wire.open(relay), Room.proven()];
  await wire.join(room, { joinRef: "5" });
  assert.deepEqual(await wire.ask("5", "6", room.topic, "phx_leave"), ["5", "6", room.topic, "phx_reply", OK]);
  assert.deepEqual(await wire.frame(), ["5", "5", room.topic, "phx_close", {}]);
  const push = await wire.ask("5", "7", room.topic, "shout");
  assert.deepEqual(push, [null, "7", room.topic, "phx_reply", error("unmatched topic")], "it has left");
  wire.close();
});

test("to leave a topic that was not joined is ok", async () => {
  const [wire, room] = [await Wire.open(relay), Room.proven()];
  const [, ref, topic, event, payload] = await wire.ask("5", "6", room.topic, "phx_leave");
  assert.deepEqual([ref, topic, event, payload], ["6", room.topic, "phx_reply", OK]);
  assert.deepEqual(await wire.pending(), []);
  wire.close();
});

test("a second join of a topic is answered ok, then the first is closed with its join_ref", async () => {
  const [wire, room] = [await Wire.open(relay), Room.proven()];
  await wire.join(room, { joinRef: "1" });
  const [joinRef, ref, topic, event, payload] = await wire.ask("2", "2", room.topic, "phx_join", room.credentials());
  assert.deepEqual([joinRef, ref, topic, event, joined(payload)], ["2", "2", room.topic, "phx_reply", OK]);
  const frames = (await wire.pending()).filter(([, , , event]) => event !== "presence_diff");
  const events = frames.map(([joinRef, ref, , event]) => [joinRef, ref, event]);
  assert.deepEqual(events.sort(), [["1", "1", "phx_close"], ["2", null, "presence_state"]]);
  const state = frames.find(([, , , event]) => event === "presence_state")[4];
  assert.equal(Object.keys(state).length, 1, "the first seat is gone");
  assert.deepEqual(await wire.ask("2", "3", room.topic, "shout"), ["2", "3", room.topic, "phx_reply", OK]);
  wire.close();
});

test("a message with a stale join_ref is ignored, one with null is valid", async () => {
  const [wire, other, room] = [await Wire.open(relay), await Wire.open(relay), Room.proven()];
  await other.join(room);
  await wire.join(room, { joinRef: "2" });
  await other.pending();
  wire.push("1", "3", room.topic, "stale");
  wire.push("1", "4", room.topic, "phx_leave");
  assert.deepEqual(await wire.pending(), []);
  assert.deepEqual(await other.pending(), []);
  const [, ref, , , payload] = await wire.ask(null, "5", room.topic, "valid");
  assert.deepEqual([ref, payload], ["5", OK]);
  assert.deepEqual(await other.pending(), [[null, null, room.topic, "valid", {}]]);
  [wire, other].forEach((each) => each.close());
});

test("a push to a topic that is not joined or not ours is an unmatched topic, with join_ref null", async () => {
  const wire = await Wire.open(relay);
  for (const topic of [Room.proven().topic, "room:lobby", "phoenix", ""]) {
    const reply = await wire.ask("1", "2", topic, "shout");
    assert.deepEqual(reply, [null, "2", topic, "phx_reply", error("unmatched topic")], topic);
  }
  wire.close();
});

test("a heartbeat is answered ok with join_ref null", async () => {
  const wire = await Wire.open(relay);
  assert.deepEqual(await wire.ask(null, "9", "phoenix", "heartbeat"), [null, "9", "phoenix", "phx_reply", OK]);
  wire.close();
});

test("a join with the sender hash of a seat replaces it: the old channel closes, its socket lives", async () => {
  const [room, sender] = [Room.proven(), randomHash()];
  const [ghost, fresh, other] = [await Wire.open(relay), await Wire.open(relay), await Wire.open(relay)];
  await ghost.join(room, { joinRef: "4", sender });
  const before = await other.join(room);
  await ghost.pending();
  await fresh.join(room, { joinRef: "8", sender });
  assert.deepEqual(await ghost.pending(), [["4", "4", room.topic, "phx_close", {}]]);
  const frames = await other.pending();
  assert.equal(frames.length, 1, "the others see one presence_diff");
  const [joinRef, ref, , event, { joins, leaves }] = frames[0];
  assert.deepEqual([joinRef, ref, event], [null, null, "presence_diff"]);
  assert.deepEqual(Object.keys(joins), Object.keys(leaves));
  const [key] = Object.keys(joins);
  assert.deepEqual(leaves[key].metas, before[key].metas);
  assert.notEqual(joins[key].metas[0].phx_ref, leaves[key].metas[0].phx_ref);
  const push = await ghost.ask("4", "9", room.topic, "shout");
  assert.deepEqual(push[4], error("unmatched topic"));
  [ghost, fresh, other].forEach((wire) => wire.close());
});

test("expire_room destroys the room: the others get room_expired and phx_close, its record goes", async () => {
  const room = Room.plain();
  const [wire, other] = [await Wire.open(relay), await Wire.open(relay)];
  await other.join(room, { joinRef: "3" });
  await wire.join(room);
  await other.pending();
  const [joinRef, ref, topic, event, payload] = await wire.ask("1", "2", room.topic, "expire_room");
  assert.deepEqual([joinRef, ref, topic, event, payload], ["1", "2", room.topic, "phx_reply", OK]);
  const [expired, closed] = await other.pending();
  assert.deepEqual(expired.slice(2, 4), [room.topic, "room_expired"]);
  assert.deepEqual(closed, ["3", "3", room.topic, "phx_close", {}]);
  const successor = Object.assign(Room.plain(), { topic: room.topic });
  assert.deepEqual(joined(await other.tryJoin(successor)), OK);
  [wire, other].forEach((each) => each.close());
});

test("only a member can destroy a room", async () => {
  const room = Room.proven();
  const [wire, member] = [await Wire.open(relay), await Wire.open(relay)];
  await member.join(room);
  const [, , , , payload] = await wire.ask("1", "2", room.topic, "expire_room", room.credentials());
  assert.deepEqual(payload, error("unmatched topic"));
  assert.deepEqual(await member.pending(), []);
  [wire, member].forEach((each) => each.close());
});

test("channels of one socket do not mix", async () => {
  const [wire, other] = [await Wire.open(relay), await Wire.open(relay)];
  const [red, blue] = [Room.proven(), Room.proven()];
  await wire.join(red, { joinRef: "1" });
  await wire.join(blue, { joinRef: "2" });
  await other.join(blue);
  await wire.pending();
  await wire.ask("2", "3", blue.topic, "only blue");
  assert.deepEqual(await other.pending(), [[null, null, blue.topic, "only blue", {}]]);
  wire.push("2", "4", red.topic, "under the join_ref of blue");
  assert.deepEqual(await wire.pending(), []);
  [wire, other].forEach((each) => each.close());
});
