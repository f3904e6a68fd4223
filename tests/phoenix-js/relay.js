// The real relay, as a child process on a free port of the loopback.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { within } from "./limit.js";

const BINARY = process.env.SOTTO_RELAY ?? fileURLToPath(new URL("../../target/debug/sotto-relay", import.meta.url));

export class Relay {
  #child;

  constructor(child, url) {
    this.#child = child;
    this.url = url;
  }

  /// Starts a relay and waits until it accepts connections. A port other than 0 is that of an earlier one.
  static async start(options = [], port = 0) {
    const child = spawn(BINARY, ["--listen", `127.0.0.1:${port}`, ...options], {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    const line = await within("the relay listens", Promise.race([
      once(lines, "line").then(([line]) => line),
      once(child, "error").then(([error]) => { throw new Error(`cannot run ${BINARY}: ${error.message}`); }),
      once(child, "exit").then(([code]) => { throw new Error(`the relay exited with ${code}`); }),
    ]));
    const url = /^listening on (ws:\/\/\S+:\d+)$/.exec(line)?.[1];
    if (!url) throw new Error(`not the line of a relay that listens: ${line}`);
    return new Relay(child, url);
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /// What Phoenix's own client takes: it adds `/websocket` and the version.
  get endpoint() {
    return `${this.url}/socket`;
  }

  /// Ends the relay, by a signal, and waits until it is gone.
  async stop(signal = "SIGTERM") {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(signal);
    await within("the relay ends", gone);
  }
}
