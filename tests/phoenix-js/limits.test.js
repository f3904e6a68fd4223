// What a stranger may send, and what becomes of more.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Relay } from "./relay.js";
import { Room } from "./room.js";
import { OK, Wire, error, joined } from "./wire.js";

const relay = await Relay.start();
after(() => relay.stop());

test("a missing or other version gets HTTP 403", async () => {
  for (const query of ["", "?", "?vsn=", "?vsn=1.0.0", "?vsn=2.1.0", "?vsn=3.0.0", "?vsn=2", "?other=2.0.0"]) {
    await assert.rejects(Wire.open(relay, query), { status: 403 }, query);
  }
});

test("any 2.0.x is the version, among other parameters too", async () => {
  for (const query of ["?vsn=2.0.0", "?vsn=2.0.7", "?token=x&vsn=2.0.0"]) {
    const wire = await Wire.open(relay, query);
    assert.deepEqual(await wire.pending(), []);
    wire.close();
  }
});

test("the 101st channel of a socket is one too many", async () => {
  const wire = await Wire.open(relay);
  const rooms = Array.from({ length: 101 }, () => Room.proven());
  for (const room of rooms.slice(0, 100)) await wire.join(room);
  assert.deepEqual(await wire.tryJoin(rooms[100]), error("too many channels joined"));
  assert.deepEqual((await wire.ask("1", "2", rooms[0].topic, "shout"))[4], OK, "the others live");
  wire.push("1", "3", rooms[0].topic, "phx_leave");
  await wire.pending();
  assert.deepEqual(joined(await wire.tryJoin(rooms[100])), OK, "one that was left makes room");
  wire.close();
});

test("a message over the limit closes with 1009", async () => {
  for (const message of ["x".repeat(80_000), Buffer.alloc(80_000)]) {
    const wire = await Wire.open(relay);
    wire.send(message);
    assert.equal(await wire.closeCode(), 1009);
  }
});

test("malformed text closes with 1007", async () => {
  const topic = "t".repeat(256);
  for (const text of [
    "", "{", "{}", "[]", "7", '["1","2","t","e"]', '["1","2","t","e",{},{}]', '[["1"],"2","t","e",{}]',
    '["1","2",3,"e",{}]', '["1","2","t",null,{}]', `["1","2","${topic}","e",{}]`, '["1","2","t","e",{}] ]',
  ]) {
    const wire = await Wire.open(relay);
    wire.send(text);
    assert.equal(await wire.closeCode(), 1007, text);
  }
});

test("malformed binary closes with 1002", async () => {
  for (const bytes of [[], [0], [0, 1, 1, 1], [0, 1, 1, 1, 1], [0, 255, 255, 255, 255, 49], [1, 0, 0, 0, 0], [9, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0xff]]) {
    const wire = await Wire.open(relay);
    wire.send(Buffer.from(bytes));
    assert.equal(await wire.closeCode(), 1002, bytes.join(" "));
  }
});

test("a socket that is closed for what it sent leaves its seat", async () => {
  const room = Room.proven();
  const [wire, other] = [await Wire.open(relay), await Wire.open(relay)];
  await other.join(room);
  await wire.join(room);
  await other.pending();
  wire.send("{");
  assert.equal((await other.frame())[3], "presence_diff");
  other.close();
});
