// A bare Phoenix Channels V2 connection: what Phoenix's own client hides is seen here frame by frame.
import assert from "node:assert/strict";

import { WebSocket } from "ws";

import { Queue, within } from "./limit.js";

export const OK = { status: "ok", response: {} };
/// The answer to a good join, without what it says of what the relay keeps: then it is OK.
export function joined({ status, response: { kept, challenge, ...response } }) {
  assert.deepEqual(kept, { days: 7, blobs: 64 });
  assert.match(challenge, /^[0-9a-f]{32}$/);
  return { status, response };
}

export const error = (reason) => ({ status: "error", response: { reason } });

export class Wire {
  #socket;
  #frames = new Queue();
  #closed;
  #heartbeats = 0;

  constructor(socket) {
    this.#socket = socket;
    socket.on("message", (data, binary) => this.#frames.put(binary ? decodeBinary(data) : JSON.parse(data)));
    socket.on("error", () => {});
    this.#closed = new Promise((resolve) => socket.on("close", resolve));
  }

  /// Opens a socket. One that is refused fails with the HTTP status as `error.status`.
  static async open(relay, query = "?vsn=2.0.0") {
    const socket = new WebSocket(`${relay.endpoint}/websocket${query}`);
    const wire = new Wire(socket);
    await within("the socket opens", new Promise((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("unexpected-response", (request, response) => {
        request.destroy();
        reject(Object.assign(new Error(`HTTP ${response.statusCode}`), { status: response.statusCode }));
      });
    }));
    return wire;
  }

  push(joinRef, ref, topic, event, payload = {}) {
    this.send(JSON.stringify([joinRef, ref, topic, event, payload]));
  }

  pushBinary(joinRef, ref, topic, event, data) {
    const fields = [joinRef, ref, topic, event].map((field) => Buffer.from(field));
    this.send(Buffer.concat([Buffer.from([0, ...fields.map((field) => field.length)]), ...fields, data]));
  }

  send(message) {
    this.#socket.send(message);
  }

  /// The next frame: an array if it was text, else an object with the `kind`.
  frame() {
    return this.#frames.take("a frame comes");
  }

  /// The close code that the relay ends the socket with.
  closeCode() {
    return within("the relay closes the socket", this.#closed);
  }

  /// Everything that came before the answer to a heartbeat that is sent now.
  async pending() {
    const ref = `heartbeat ${(this.#heartbeats += 1)}`;
    this.push(null, ref, "phoenix", "heartbeat");
    const frames = [];
    for (;;) {
      const frame = await this.frame();
      if (Array.isArray(frame) && frame[1] === ref) return frames;
      frames.push(frame);
    }
  }

  /// Joins and reads the answer, which has to be an ok; gives the presence that follows it.
  async join(room, { joinRef = "1", sender } = {}) {
    const reply = await this.tryJoin(room, { joinRef, sender });
    if (reply.status !== "ok") throw new Error(`the join was refused: ${JSON.stringify(reply)}`);
    const [, , , event, state] = await this.frame();
    if (event !== "presence_state") throw new Error(`${event} came before presence_state`);
    return state;
  }

  /// Joins and gives the payload of the answer.
  async tryJoin(room, { joinRef = "1", sender } = {}) {
    this.push(joinRef, joinRef, room.topic, "phx_join", room.credentials(sender));
    const [, , , event, payload] = await this.frame();
    if (event !== "phx_reply") throw new Error(`${event} came before the answer to the join`);
    return payload;
  }

  /// Pushes with a ref and reads the frame that follows.
  async ask(joinRef, ref, topic, event, payload = {}) {
    this.push(joinRef, ref, topic, event, payload);
    return this.frame();
  }

  close() {
    this.#socket.terminate();
  }
}

function decodeBinary(data) {
  const kind = ["push", "reply", "broadcast"][data[0]];
  const names = {
    push: ["joinRef", "topic", "event"],
    reply: ["joinRef", "ref", "topic", "status"],
    broadcast: ["topic", "event"],
  }[kind];
  const frame = { kind };
  let offset = 1 + names.length;
  names.forEach((name, index) => {
    const end = offset + data[1 + index];
    frame[name] = data.subarray(offset, end).toString();
    offset = end;
  });
  frame.data = Buffer.from(data.subarray(offset));
  return frame;
}
