// Phoenix's own client, with promises where it has callbacks.
import { Presence, Socket } from "phoenix";
import { WebSocket } from "ws";

import { Queue, within } from "./limit.js";

export class Client {
  /// Connects, and disconnects when the test is over.
  static async open(relay, test, options = {}) {
    const socket = new Socket(relay.endpoint, { transport: WebSocket, timeout: 10_000, ...options });
    test.after(() => socket.disconnect());
    const open = new Promise((resolve) => socket.onOpen(resolve));
    socket.connect();
    await within("the client connects", open);
    return new Client(socket);
  }

  constructor(socket) {
    this.socket = socket;
  }

  /// Joins a room as a sender.
  channel(room, sender) {
    return new Channel(this.socket.channel(room.topic, room.credentials(sender)));
  }
}

class Channel {
  #channel;
  #joins = new Queue();
  #refusals = new Queue();
  #closed;

  constructor(channel) {
    this.#channel = channel;
    this.presence = new Watched(new Presence(channel));
    this.#closed = new Promise((resolve) => channel.onClose(resolve));
    channel.join()
      .receive("ok", (response) => this.#joins.put(response))
      .receive("error", (response) => this.#refusals.put(response));
  }

  joined() {
    return this.#joins.take("the join is answered ok");
  }

  refused() {
    return this.#refusals.take("the join is refused");
  }

  closed() {
    return within("the channel closes", this.#closed);
  }

  /// The payloads of an event, from now on.
  on(event) {
    const payloads = new Queue();
    this.#channel.on(event, (payload) => payloads.put(payload));
    return payloads;
  }

  push(event, payload) {
    return within("the push is answered", new Promise((resolve, reject) => {
      this.#channel.push(event, payload)
        .receive("ok", resolve)
        .receive("error", (response) => reject(new Error(response.reason)))
        .receive("timeout", () => reject(new Error("timeout")));
    }));
  }

  leave() {
    return within("the leave is answered", new Promise((resolve) => this.#channel.leave().receive("ok", resolve)));
  }
}

class Watched {
  #presence;
  #changed = () => {};

  constructor(presence) {
    this.#presence = presence;
    presence.onSync(() => this.#changed());
  }

  /// Waits until the keys of those present fulfil a condition.
  until(what, condition) {
    const keys = () => this.#presence.list((key) => key);
    return within(`${what}`, new Promise((resolve) => {
      this.#changed = () => condition(keys()) && resolve();
      this.#changed();
    }));
  }
}
