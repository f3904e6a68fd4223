// Joining a room, and being refused.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Relay } from "./relay.js";
import { Room, randomHash, sha256 } from "./room.js";
import { OK, Wire, error, joined } from "./wire.js";

const relay = await Relay.start();
after(() => relay.stop());

test("a join is answered ok, then comes presence_state with the joiner in it", async () => {
  const [wire, room, sender] = [await Wire.open(relay), Room.proven(), randomHash()];
  wire.push("7", "7", room.topic, "phx_join", room.credentials(sender));
  const [payload, ...head] = (await wire.frame()).reverse();
  assert.deepEqual([...head.reverse(), joined(payload)], ["7", "7", room.topic, "phx_reply", OK]);
  const [joinRef, ref, topic, event, state] = await wire.frame();
  assert.deepEqual([joinRef, ref, topic, event], ["7", null, room.topic, "presence_state"]);
  assert.deepEqual(Object.keys(state), [sha256(sender)]);
  wire.close();
});

test("refs that are numbers come back as numbers", async () => {
  const [wire, room] = [await Wire.open(relay), Room.proven()];
  wire.push(3, 4, room.topic, "phx_join", room.credentials());
  assert.deepEqual((await wire.frame()).slice(0, 2), [3, 4]);
  assert.deepEqual((await wire.frame()).slice(0, 2), [3, null]);
  wire.close();
});

test("whatever is wrong with a join, the answer is the same bytes", async () => {
  const [member, wire, room] = [await Wire.open(relay), await Wire.open(relay), Room.proven()];
  await member.join(room);
  const [access, sender] = [room.access, randomHash()];
  const wrong = [
    { access_hash: randomHash(), sender_hash: sender },
    { access_hash: access.toUpperCase(), sender_hash: sender },
    { access_hash: access, sender_hash: sender.slice(1) },
    { access_hash: access, sender_hash: `${sender}0` },
    { access_hash: access, sender_hash: "g".repeat(64) },
    { access_hash: access, sender_hash: 7 },
    { access_hash: [access], sender_hash: sender },
    { access_hash: access },
    { sender_hash: sender },
    {},
    [],
    null,
    "text",
    7,
  ];
  for (const payload of wrong) {
    const reply = await wire.ask("1", "1", room.topic, "phx_join", payload);
    assert.deepEqual(reply, ["1", "1", room.topic, "phx_reply", error("unauthorized")], JSON.stringify(payload));
  }
  for (const topic of ["anon_room:", "anon_room:1234", `anon_room:${"A".repeat(64)}`]) {
    const reply = await wire.ask("1", "1", topic, "phx_join", room.credentials());
    assert.deepEqual(reply, ["1", "1", topic, "phx_reply", error("unauthorized")], topic);
  }
  assert.deepEqual(await member.pending(), [], "the members hear nothing of it");
  [member, wire].forEach((each) => each.close());
});

test("a room that is full says room_full", async (t) => {
  const small = await Relay.start(["--max-seats", "2"]);
  t.after(() => small.stop());
  const room = Room.proven();
  const [a, b, c] = [await Wire.open(small), await Wire.open(small), await Wire.open(small)];
  await a.join(room);
  await b.join(room);
  assert.deepEqual(await c.tryJoin(room), error("room_full"));
  b.close();
  let reply = error("room_full");
  for (let tries = 0; tries < 1000 && reply.status === "error"; tries += 1) reply = await c.tryJoin(room);
  assert.deepEqual(joined(reply), OK, "a seat that was left is free");
  [a, c].forEach((wire) => wire.close());
});

test("a relay that has no room left says relay_full", async (t) => {
  const small = await Relay.start(["--max-rooms", "1"]);
  t.after(() => small.stop());
  const [a, b] = [await Wire.open(small), await Wire.open(small)];
  await a.join(Room.proven());
  assert.deepEqual(await b.tryJoin(Room.proven()), error("relay_full"));
  [a, b].forEach((wire) => wire.close());
});

test("a socket whose joins failed too often hears rate_limited and lives; others from there still join", async (t) => {
  const strict = await Relay.start(["--address-failed-joins", "3"]);
  t.after(() => strict.stop());
  const room = Room.proven();
  const guess = Object.assign(Room.proven(), { topic: room.topic });
  const [member, guesser] = [await Wire.open(strict), await Wire.open(strict)];
  await member.join(room);
  for (let tries = 0; tries < 3; tries += 1) {
    assert.deepEqual(await guesser.tryJoin(guess), error("unauthorized"));
  }
  assert.deepEqual(await guesser.tryJoin(guess), error("rate_limited"));
  assert.deepEqual(await guesser.pending(), []);
  const friend = await Wire.open(strict);
  assert.deepEqual(joined(await friend.tryJoin(room)), OK);
  [member, guesser, friend].forEach((wire) => wire.close());
});

test("too many joins from an address are rate_limited, too many connections get 429", async (t) => {
  const strict = await Relay.start(["--address-joins", "2", "--address-connections", "3"]);
  t.after(() => strict.stop());
  const [a, b] = [await Wire.open(strict), await Wire.open(strict)];
  await a.join(Room.proven());
  await a.join(Room.proven(), { joinRef: "2" });
  assert.deepEqual(await b.tryJoin(Room.proven()), error("rate_limited"));
  await Wire.open(strict);
  await assert.rejects(Wire.open(strict), { status: 429 });
  [a, b].forEach((wire) => wire.close());
});

test("a room goes to the first who joins it, but to one who proves it from one who does not", async () => {
  const room = Room.proven();
  const squatter = Object.assign(Room.plain(), { topic: room.topic });
  const [squatting, owner] = [await Wire.open(relay), await Wire.open(relay)];
  await squatting.join(squatter);
  await owner.join(room);
  assert.deepEqual(
    (await squatting.pending()).filter(([, , , event]) => event !== "presence_diff").map(([, , , event]) => event),
    ["room_expired", "phx_close"],
  );
  assert.deepEqual(await squatting.tryJoin(squatter), error("unauthorized"));
  [squatting, owner].forEach((wire) => wire.close());
});
