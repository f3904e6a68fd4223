// Every wait has a limit.

const LIMIT_MS = 15_000;

/// Settles as the promise does, but fails after the limit: `what` says what did not happen.
export async function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`in ${LIMIT_MS / 1000} s it did not happen that ${what}`)), LIMIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/// Values in the order in which they came, each waited for with a limit.
export class Queue {
  #values = [];
  #waiting = [];

  put(value) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#values.push(value);
  }

  take(what) {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift());
    return within(what, new Promise((resolve) => this.#waiting.push(resolve)));
  }
}
