// What members push goes to all others of the room, as it came.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { WebSocket } from "ws";

import { Relay } from "./relay.js";
import { Room } from "./room.js";
import { OK, Wire, error } from "./wire.js";

const relay = await Relay.start();
after(() => relay.stop());

/// Three members of a new room, with nothing left to read.
async function three() {
  const room = Room.proven();
  const wires = [await Wire.open(relay), await Wire.open(relay), await Wire.open(relay)];
  for (const wire of wires) await wire.join(room);
  for (const wire of wires) await wire.pending();
  return [room, ...wires];
}

test("a text push goes to all others as text, and its sender gets an ok", async () => {
  const [room, a, b, c] = await three();
  assert.deepEqual(await a.ask("1", "2", room.topic, "any event", { n: 1 }), ["1", "2", room.topic, "phx_reply", OK]);
  for (const wire of [b, c]) {
    assert.deepEqual(await wire.pending(), [[null, null, room.topic, "any event", { n: 1 }]]);
  }
  assert.deepEqual(await a.pending(), [], "not to the sender");
  [a, b, c].forEach((wire) => wire.close());
});

test("a binary push goes to all others as binary, and its sender gets an ok as text", async () => {
  const [room, a, b, c] = await three();
  const data = randomBytes(64 * 1024 + 40);
  a.pushBinary("1", "2", room.topic, "sealed", data);
  assert.deepEqual(await a.frame(), ["1", "2", room.topic, "phx_reply", OK]);
  for (const wire of [b, c]) {
    assert.deepEqual(await wire.pending(), [{ kind: "broadcast", topic: room.topic, event: "sealed", data }]);
  }
  [a, b, c].forEach((wire) => wire.close());
});

test("the payload of a text push is passed on byte by byte", async (t) => {
  const [room, a] = await three();
  const reader = new WebSocket(`${relay.endpoint}/websocket?vsn=2.0.0`);
  t.after(() => reader.terminate());
  const texts = [];
  const payload = '{ "n":1.0e2, "big":12345678901234567890,"u":"\\u00e9\\/é", "twice":1,"twice":2,\t"list":[ ] }';
  await new Promise((resolve, reject) => {
    reader.on("error", reject);
    reader.on("open", () => reader.send(JSON.stringify(["1", "1", room.topic, "phx_join", room.credentials()])));
    reader.on("message", (data) => {
      texts.push(data.toString());
      if (texts.length === 2) a.send(`["1","2","${room.topic}","shout",${payload}]`);
      if (texts.length === 3) resolve();
    });
  });
  assert.equal(texts[2], `[null,null,"${room.topic}","shout",${payload}]`);
  a.close();
});

test("a payload that is no object is passed on too", async () => {
  const [room, a, b, c] = await three();
  for (const payload of [null, 7, "text", [1, [2]], true]) {
    await a.ask("1", "2", room.topic, "shout", payload);
    assert.deepEqual(await b.pending(), [[null, null, room.topic, "shout", payload]]);
  }
  [a, b, c].forEach((wire) => wire.close());
});

test("a push without a ref is not answered", async () => {
  const [room, a, b, c] = await three();
  a.push("1", null, room.topic, "text", {});
  a.pushBinary("1", "", room.topic, "binary", Buffer.from("data"));
  assert.deepEqual(await a.pending(), []);
  assert.deepEqual((await b.pending()).map((frame) => frame.event ?? frame[3]), ["text", "binary"]);
  [a, b, c].forEach((wire) => wire.close());
});

test("events of the relay's own cannot be pushed", async () => {
  const [room, a, b, c] = await three();
  for (const event of ["phx_close", "phx_reply", "phx_", "presence_state", "presence_diff", "room_expired", "room_", "kept_new", "kept_"]) {
    const reply = await a.ask("1", "2", room.topic, event);
    assert.deepEqual(reply, ["1", "2", room.topic, "phx_reply", error("reserved")], event);
    a.pushBinary("1", "3", room.topic, event, Buffer.from("data"));
    assert.deepEqual(await a.frame(), ["1", "3", room.topic, "phx_reply", error("reserved")], event);
  }
  assert.deepEqual(await b.pending(), []);
  [a, b, c].forEach((wire) => wire.close());
});

test("what one member pushes arrives in its order, text and binary mixed", async () => {
  const [room, a, b, c] = await three();
  for (let number = 0; number < 200; number += 2) {
    a.push("1", null, room.topic, "count", { number });
    a.pushBinary("1", "", room.topic, "count", Buffer.from([number + 1]));
  }
  await a.pending();
  const numbers = (await b.pending()).map((frame) => (Array.isArray(frame) ? frame[4].number : frame.data[0]));
  assert.deepEqual(numbers, [...Array(200).keys()]);
  [a, b, c].forEach((wire) => wire.close());
});
