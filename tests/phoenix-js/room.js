// Rooms and their credentials, as a client computes them; here from randomness in the place of a passphrase.
import { createHash, randomBytes } from "node:crypto";

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

export const randomHash = () => randomBytes(32).toString("hex");

export class Room {
  constructor(access, hash) {
    this.access = access;
    this.topic = `anon_room:${hash}`;
  }

  /// A room whose hash is that of its access hash, as every client of Sotto makes it.
  static proven() {
    const access = randomHash();
    return new Room(access, sha256(`sotto/v1/room:${access}`));
  }

  /// A room of any other Phoenix client's: two hashes that have nothing to do with each other.
  static plain(hash = randomHash()) {
    return new Room(randomHash(), hash);
  }

  credentials(sender = randomHash()) {
    return { access_hash: this.access, sender_hash: sender };
  }
}
