// Phoenix's own client, as it is used in a page.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";

import { Client } from "./client.js";
import { Relay } from "./relay.js";
import { Room, randomHash, sha256 } from "./room.js";
import { OK, joined } from "./wire.js";

const relay = await Relay.start();
after(() => relay.stop());

const soon = { reconnectAfterMs: () => 50, rejoinAfterMs: () => 50 };

test("two clients join a room and talk, in text and in binary", async (t) => {
  const room = Room.proven();
  const [a, b] = [(await Client.open(relay, t)).channel(room), (await Client.open(relay, t)).channel(room)];
  assert.deepEqual(joined({ status: "ok", response: await a.joined() }), OK);
  assert.deepEqual(joined({ status: "ok", response: await b.joined() }), OK);
  const [texts, sealed] = [b.on("text"), b.on("sealed")];
  assert.deepEqual(await a.push("text", { hello: "wörld" }), {});
  assert.deepEqual(await texts.take("the text arrives"), { hello: "wörld" });
  const data = Uint8Array.from(randomBytes(1064)).buffer;
  assert.deepEqual(await a.push("sealed", data), {});
  assert.deepEqual(await sealed.take("the binary arrives"), data);
});

test("a refused client hears unauthorized", async (t) => {
  const room = Room.proven();
  const member = (await Client.open(relay, t)).channel(room);
  await member.joined();
  const stranger = (await Client.open(relay, t)).channel(Object.assign(Room.proven(), { topic: room.topic }));
  assert.deepEqual(await stranger.refused(), { reason: "unauthorized" });
});

test("a push of a reserved event fails", async (t) => {
  const channel = (await Client.open(relay, t)).channel(Room.proven());
  await channel.joined();
  await assert.rejects(channel.push("presence_state", {}), { message: "reserved" });
});

test("a channel that leaves is closed", async (t) => {
  const channel = (await Client.open(relay, t)).channel(Room.proven());
  await channel.joined();
  await channel.leave();
  await channel.closed();
});

test("a channel whose seat is taken by its own sender hash elsewhere is closed", async (t) => {
  const [room, sender] = [Room.proven(), randomHash()];
  const ghost = (await Client.open(relay, t)).channel(room, sender);
  await ghost.joined();
  const fresh = (await Client.open(relay, t)).channel(room, sender);
  await fresh.joined();
  await ghost.closed();
});

test("a member of a room that is destroyed hears it and is closed", async (t) => {
  const room = Room.proven();
  const [a, b] = [(await Client.open(relay, t)).channel(room), (await Client.open(relay, t)).channel(room)];
  await a.joined();
  await b.joined();
  const expired = b.on("room_expired");
  await a.push("expire_room", {});
  await expired.take("room_expired comes");
  await b.closed();
});

test("a client that is quiet keeps its connection by heartbeats", async (t) => {
  const strict = await Relay.start(["--idle", "1"]);
  t.after(() => strict.stop());
  const client = await Client.open(strict, t, { heartbeatIntervalMs: 300 });
  let answered = 0;
  client.socket.onMessage(({ topic }) => { if (topic === "phoenix") answered += 1; });
  let closed = false;
  client.socket.onClose(() => { closed = true; });
  const channel = client.channel(Room.proven());
  await channel.joined();
  const ten = channel.on("ten");
  client.socket.onMessage(() => { if (answered === 10) ten.put(true); });
  await ten.take("ten heartbeats are answered");
  assert.equal(closed, false);
});

test("clients come back by themselves when the relay is started again, and the same room goes on", async (t) => {
  const first = await Relay.start();
  t.after(() => first.stop());
  const [room, senders] = [Room.proven(), [randomHash(), randomHash()]];
  const [a, b] = [await Client.open(first, t, soon), await Client.open(first, t, soon)];
  const [here, there] = [a.channel(room, senders[0]), b.channel(room, senders[1])];
  await here.joined();
  await there.joined();
  await first.stop("SIGKILL");
  const second = await Relay.start([], first.port);
  t.after(() => second.stop());
  await here.joined();
  await there.joined();
  await here.presence.until("both are listed", (list) => senders.every((sender) => list.includes(sha256(sender))));
  const texts = there.on("text");
  await here.push("text", { again: true });
  assert.deepEqual(await texts.take("the text arrives"), { again: true });
});

test("a relay that ends tells its clients so", async (t) => {
  const mortal = await Relay.start();
  t.after(() => mortal.stop());
  const client = await Client.open(mortal, t);
  const code = new Promise((resolve) => client.socket.onClose((event) => resolve(event.code)));
  await client.channel(Room.proven()).joined();
  await mortal.stop();
  client.socket.disconnect();
  assert.ok([1001, 1012].includes(await code), "going away, or restarting");
});
