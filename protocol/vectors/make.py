"""Writes ../vectors.json: the protocol of Sotto by a second, independent implementation.

It follows SPEC.md and shares no code with the crate; the tests in ../tests hold the crate to what it writes.
Nothing in it is random, so two runs write the same file:

    python3 -m venv VENV && VENV/bin/pip install -r requirements.txt && VENV/bin/python make.py
"""

import hashlib
import hmac
import json
import struct
import unicodedata
import warnings
from pathlib import Path

import argon2.low_level
import nacl.bindings
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from kyber_py.ml_kem import ML_KEM_768
from noise.connection import Keypair, NoiseConnection

HERE = Path(__file__).parent
WORDS = (HERE.parent / "data" / "eff_large_wordlist.txt").read_text().split()
BUCKETS = (256, 1024, 4096, 16384, 65536)
HELLO, FIRST, SECOND, MESSAGE = 1, 2, 3, 4
HEADER = 50
TAG = 16
SIGNATURE = 64
NOBODY = bytes(16)
NO_SESSION = bytes(8)
PROTOCOL = b"Noise_NNpsk0+psk2_25519_ChaChaPoly_SHA256"

# Fixed ephemeral keys are the purpose here.
warnings.filterwarnings("ignore", message="One of ephemeral keypairs")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def stated(name, length):
    """The bytes that stand in for random ones: they look random, and the file states them."""
    return hashlib.shake_256(b"sotto vectors: " + name.encode()).digest(length)


# - The passphrase, the room's name, and what comes from them

# The Unicode property White_Space. Python's str.split() takes U+001C to U+001F too.
WHITE = {
    *range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
}  # fmt: skip


def normalise(text):
    words = [""]
    for c in unicodedata.normalize("NFKC", text):
        if ord(c) in WHITE:
            words.append("")
        else:
            words[-1] += c
    return " ".join(word for word in words if word)


def expand(secret, label, length=32):
    return HKDF(hashes.SHA256(), length, salt=None, info=label).derive(secret)


def words(number, count):
    digits = []
    for _ in range(count):
        number, digit = divmod(number, len(WORDS))
        digits.insert(0, WORDS[digit])
    return " ".join(digits)


def room(passphrase, name, run):
    salt = sha256(b"sotto/v1/salt:", normalise(name).encode())
    root = argon2.low_level.hash_secret_raw(
        normalise(passphrase).encode(), salt, time_cost=3, memory_cost=256 * 1024, parallelism=4, hash_len=32,
        type=argon2.low_level.Type.ID, version=0x13,
    )  # fmt: skip
    member = Ed25519PrivateKey.from_private_bytes(expand(root, b"sotto/v1/member"))
    member_public = member.public_key().public_bytes_raw()
    access = sha256(b"sotto/v1/access:", member_public).hex()
    room_hash = sha256(b"sotto/v1/room:", access.encode()).hex()
    return {
        "passphrase": passphrase,
        "room": name,
        "run": run.hex(),
        "salt": salt.hex(),
        "root": root.hex(),
        "member_public": member_public.hex(),
        "access_hash": access,
        "room_hash": room_hash,
        "sender_hash": sha256(b"sotto/v1/sender:", root, run).hex(),
        "topic": "anon_room:" + room_hash,
        "box_key": expand(root, b"sotto/v1/box").hex(),
        "psk": expand(root, b"sotto/v1/psk").hex(),
        "mail": expand(root, b"sotto/v1/mail").hex(),
        "room_words": words(int.from_bytes(expand(root, b"sotto/v1/words", 8), "big"), 2),
    }


# - The wire


def frames(derived):
    """The frames that a client sends and gets, as Phoenix Channels V2 writes them."""
    topic, data = derived["topic"], b"\x00\x01sealed bytes\xff"
    credentials = {"access_hash": derived["access_hash"], "sender_hash": derived["sender_hash"]}

    def binary(kind, *fields):
        fields = [field.encode() for field in fields]
        return (bytes([kind, *map(len, fields)]) + b"".join(fields) + data).hex()

    return {
        "join_ref": "3",
        "ref": "17",
        "data": data.hex(),
        "join": json.dumps(["3", "3", topic, "phx_join", credentials], separators=(",", ":")),
        "push": binary(0, "3", "17", topic, "sealed"),
        "broadcast": binary(2, topic, "sealed"),
        "reply": json.dumps(["3", "17", topic, "phx_reply", {"status": "ok", "response": {}}], separators=(",", ":")),
    }


def member_signed(derived, event, challenge, ref, rest):
    """What only a member can push: key, signature, and what the signature is for."""
    key = Ed25519PrivateKey.from_private_bytes(expand(bytes.fromhex(derived["root"]), b"sotto/v1/member"))
    fields = [field.encode() for field in (event, derived["topic"], ref)]
    said = b"".join(bytes([len(field)]) + field for field in fields) + challenge + sha256(rest)
    return key.public_key().public_bytes_raw() + key.sign(b"sotto/v1/kept:" + said) + rest


def kept(derived):
    """What waits on the relay, as it is pushed and answered."""
    challenge, blob, days, number = stated("challenge", 16), stated("kept blob", 256), 7, 2**40 + 3
    token, others = stated("token", 32), [stated(f"token {n}", 32) for n in (1, 2)]
    tokens = bytes([len(others)]) + b"".join(others)
    head = struct.pack(">QB", number, days)
    return {
        "challenge": challenge.hex(),
        "ref": "17",
        "token": token.hex(),
        "drop_hash": sha256(token).hex(),
        "days": days,
        "drops": [other.hex() for other in others],
        "blob": blob.hex(),
        "number": number,
        "put": member_signed(derived, "kept_put", challenge, "17", sha256(token) + bytes([days]) + tokens + blob).hex(),
        "expire": member_signed(derived, "expire_room", challenge, "17", b"").hex(),
        "drop": tokens.hex(),
        "kept_blob": (head + blob).hex(),
        "kept_hash": (head + sha256(token)).hex(),
        "announced": '{"kept":{"days":7,"blobs":64},"challenge":"' + challenge.hex() + '"}',
        "get": '{"after":0,"blobs":true}',
        "got": '{"count":2,"more":true}',
        "placed": '{"number":1099511627779,"until":20000,"durable":true,"dropped":[true,false]}',
        "dropped": '{"dropped":[true,false]}',
    }


# - The memory


def memory(derived):
    """Under which name and key a room is remembered on a device, and one that remembers nothing."""
    root, device = bytes.fromhex(derived["root"]), stated("device secret", 32)
    key = expand(root + device, b"sotto/v1/disk")
    name = hmac.digest(device + root, b"sotto/v1/file", "sha256")[:16]
    version, nonce, part = bytes([1]), stated("memory nonce", 24), bytes(4)
    sealed = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(4096), version + name + part, nonce, key)
    return {
        "device": device.hex(),
        "key": key.hex(),
        "name": name.hex(),
        "nonce": nonce.hex(),
        "empty_sha256": sha256(version, nonce, sealed).hex(),
    }


# - What waits for who is away

NOTE_KINDS = {"text": 1, "edit": 2, "delete": 3, "receipts": 4}
BLOB_BUCKETS = BUCKETS[:4]
BLOB_OVERHEAD = 8 + 24 + TAG


def note_content(kind, f):
    hexed = lambda name: bytes.fromhex(f[name])  # noqa: E731
    match kind:
        case "text":
            answers = "answers_author" in f
            target = hexed("answers_author") + hexed("answers_id") if answers else b""
            return hexed("id") + bytes([1 if answers else 0]) + target + f["text"].encode()
        case "edit":
            return hexed("id") + f["text"].encode()
        case "delete":
            return hexed("id")
        case "receipts":
            bits = bytearray(32)
            for index in f["indexes"]:
                byte, bit = divmod(index - f["first"], 8)
                bits[byte] |= 1 << bit
            return struct.pack(">I", f["first"]) + bytes(bits)


def note(kind, author, to, written, until, index, lowest, fades=0, replaces=None, **fields):
    """The encoding of a note, without the zeros that fill it, and the bucket that its blob has."""
    nothing = 2**32 - 1
    places = struct.pack(">IIIII", until, fades, index, nothing if replaces is None else replaces, lowest)
    names = b"".join(bytes([len(name.encode())]) + name.encode() for name in (author, to))
    said = note_content(kind, fields)
    encoded = bytes([1, NOTE_KINDS[kind]]) + struct.pack(">Q", written) + places + names
    encoded += struct.pack(">H", len(said)) + said
    bucket = next(size for size in BLOB_BUCKETS if len(encoded) + BLOB_OVERHEAD <= size)
    return {
        "kind": kind,
        "author": author,
        "to": to,
        "written_ms": written,
        "until": until,
        "fades_s": fades,
        "index": index,
        "replaces": replaces,
        "lowest": lowest,
        **fields,
        "bucket": bucket,
        "encoded": encoded.hex(),
    }


def under_passphrase(derived, name, note):
    """The blob of a note that the passphrase alone opens."""
    tag, nonce = stated(f"{name}, tag", 8), stated(f"{name}, nonce", 24)
    secret = bytes.fromhex(derived["mail"]) + nonce
    key, token = expand(secret, b"seal"), expand(secret, b"drop")
    plaintext = bytes.fromhex(note["encoded"]).ljust(note["bucket"] - BLOB_OVERHEAD, b"\0")
    associated = derived["topic"].encode() + tag + sha256(token)
    sealed = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associated, nonce, key)
    blob = tag + nonce + sealed
    assert len(blob) == note["bucket"]
    said = {"blob": blob.hex()} if len(blob) < 2048 else {"blob_sha256": sha256(blob).hex()}
    return {"tag": tag.hex(), "nonce": nonce.hex(), "token": token.hex(), "note": note, **said}


def mail(derived):
    written, until = 1_767_225_600_123, 20_461
    ident, other = stated("message id", 16).hex(), stated("another message id", 16).hex()
    to_ben = {"author": "anna", "to": "Ben", "written": written, "until": until}
    answer = {"answers_author": stated("an author", 16).hex(), "answers_id": other}
    notes = [
        note("text", "Zoë", "", written, until, 0, 0, id=ident, text="hello, whoever comes 🐎"),
        note("text", **to_ben, index=7, lowest=3, fades=600, id=ident, **answer, text="yes"),
        note("text", **to_ben, index=8, lowest=3, replaces=7, id=ident, text="long " * 400),
        note("text", **to_ben, index=9, lowest=2**32 - 1, id=other, text="longer " * 2000),
        note("edit", **to_ben, index=10, lowest=10, id=ident, text="no"),
        note("delete", **to_ben, index=2**32 - 1, lowest=0, id=ident),
        note("receipts", **to_ben, index=11, lowest=3, first=40, indexes=[40, 41, 47, 48, 295]),
    ]
    return [under_passphrase(derived, f"note {at}", note) for at, note in enumerate(notes)]


# - What two who have met remember of each other


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


class Generation:
    """One generation of a bond, as both of its sides derive it."""

    def __init__(self, name, mix=b""):
        self.lo, self.hi, self.hash = (stated(f"{name}, {what}", 32) for what in ("lo", "hi", "hash"))
        bond = expand(mix + self.lo + self.hi + self.hash, b"sotto/v1/bond")
        self.id = expand(bond, b"id", 16)
        self.chains = {"lo": expand(bond, b"lo"), "hi": expand(bond, b"hi")}
        self.proof, self.mix = expand(bond, b"proof"), expand(bond, b"mix")

    def exchanged(self):
        return {"lo": self.lo.hex(), "hi": self.hi.hex(), "hash": self.hash.hex()}

    def slot(self, role, indexes):
        """What a proof says of it."""
        shown = mac(self.proof, b"proof", role, self.hash, indexes)[:20]
        mask = mac(self.proof, b"mask", role, self.hash, shown)
        return bytes(a ^ b for a, b in zip(indexes, mask)) + shown

    def held(self, role, number, indexes):
        number = struct.pack(">I", number)
        return number + indexes + mac(self.proof, b"held", role, self.hash, number, indexes)

    def key(self, side):
        """The next message key of a side; its chain moves on."""
        key = expand(self.chains[side], b"m")
        self.chains[side] = expand(self.chains[side], b"c")
        return key


def under_bond(derived, name, generation, note):
    key, nonce = generation.key("lo"), stated(f"{name}, nonce", 24)
    hint, token = mac(key, b"hint")[:8], expand(key, b"drop")
    plaintext = bytes.fromhex(note["encoded"]).ljust(note["bucket"] - BLOB_OVERHEAD, b"\0")
    associated = derived["topic"].encode() + hint + sha256(token)
    seal = expand(key, b"seal")
    sealed = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associated, nonce, seal)
    return {"nonce": nonce.hex(), "token": token.hex(), "note": note, "blob": (hint + nonce + sealed).hex()}


def bond(derived):
    """Two generations of a bond. In each one `lo` leaves two messages; nothing of them is read."""
    generations, mix, place = [], b"", 0
    to_ben = {"author": "anna", "to": "Ben", "written": 1_767_225_600_123, "until": 20_461, "lowest": 0}
    for number in range(2):
        generation = Generation(f"generation {number}", mix)
        mix = generation.mix
        indexes = struct.pack(">III", place, 0, 0)
        other = struct.pack(">III", 0, 0, 0)
        filling = stated(f"generation {number}, proof", 24 * 32)
        said = {
            **generation.exchanged(),
            "id": generation.id.hex(),
            "held_lo": generation.held(b"\0", number, indexes).hex(),
            "held_hi": generation.held(b"\1", number, other).hex(),
            "filling": filling.hex(),
            "proof_lo": (generation.slot(b"\0", indexes) + filling[32:]).hex(),
            "blobs": [],
        }
        for _ in range(2):
            ident = stated(f"message {place}", 16).hex()
            said_note = note("text", **to_ben, index=place, id=ident, text=f"this is {place}")
            said["blobs"].append(under_bond(derived, f"place {place}", generation, said_note))
            place += 1
        generations.append(said)
    return generations


# - The envelope


class Run:
    """The key of one run of a client, and the id that it certifies."""

    def __init__(self, name):
        self.secret = stated(f"{name}, run key", 32)
        self.key = Ed25519PrivateKey.from_private_bytes(self.secret)
        self.public = self.key.public_key().public_bytes_raw()
        self.id = sha256(b"sotto/v1/id:", self.public)[:16]

    def signed(self, room, kind, to, session, counter, body, bucket):
        """The whole body of an envelope that belongs to no session."""
        body = body.ljust(bucket - HEADER - SIGNATURE, b"\0")
        head = header(kind, self.id, to, session, counter)
        return body + self.key.sign(b"sotto/v1/signed:" + room.topic + head + body)


def header(kind, sender, to, session, counter):
    return bytes([1, kind]) + sender + to + session + struct.pack(">Q", counter)


class Room:
    """What the members of a room have in common."""

    def __init__(self, derived):
        self.topic = derived["topic"].encode()
        self.box_key = bytes.fromhex(derived["box_key"])
        self.psk = bytes.fromhex(derived["psk"])

    def seal(self, nonce, kind, sender, to, session, counter, body):
        """nonce ‖ XChaCha20-Poly1305(box_key, nonce, topic, plaintext)"""
        plaintext = header(kind, sender, to, session, counter) + body
        assert len(plaintext) in BUCKETS
        sealed = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, self.topic, nonce, self.box_key)
        return nonce + sealed


def long_hex(data):
    """Whole up to 1 KiB and a bit; above that only its SHA-256, to keep the file small."""
    return {"payload": data.hex()} if len(data) < 2048 else {"payload_sha256": sha256(data).hex()}


def envelope(room, name, kind, sender, to, session, counter, body, bucket):
    nonce = stated(f"{name}, nonce", 24)
    body = body.ljust(bucket - HEADER, b"\0")
    return {
        "name": name,
        "nonce": nonce.hex(),
        "kind": kind,
        "from": sender.hex(),
        "to": to.hex(),
        "session": session.hex(),
        "counter": counter,
        "bucket": bucket,
        "body": body.rstrip(b"\0").hex(),
        **long_hex(room.seal(nonce, kind, sender, to, session, counter, body)),
    }


def hello(room, name, run, to, counter, nonces):
    body = run.signed(room, HELLO, to, NO_SESSION, counter, nonces + run.public, 256)
    return envelope(room, name, HELLO, run.id, to, NO_SESSION, counter, body, 256)


# - The message layer

UNNUMBERED = {"nothing": 0, "confirm": 1, "ping": 2, "pong": 3, "typing": 4}
NUMBERED = {
    "text": 16, "edit": 17, "delete": 18, "reaction": 19, "name": 20, "leave": 21, "empty": 22, "fading": 23,
    "exchange": 24, "held": 25, "proof": 26,
}  # fmt: skip


def content(kind, f):
    """The content of a message by its kind and its fields as the file states them."""
    hexed = lambda name: bytes.fromhex(f[name])  # noqa: E731
    match kind:
        case "nothing" | "leave" | "empty":
            return b""
        case "confirm":
            return hexed("revealed")
        case "ping" | "pong":
            return struct.pack(">Q", f["token"])
        case "typing":
            return bytes([f["on"]])
        case "text":
            answers = "answers_author" in f
            fades = "fades_s" in f
            flags = (1 if f["repeat"] else 0) | (2 if answers else 0) | (4 if fades else 0)
            target = hexed("answers_author") + hexed("answers_id") if answers else b""
            target += struct.pack(">I", f["fades_s"]) if fades else b""
            head = hexed("id") + bytes([flags]) + struct.pack(">QI", f["clock_ms"], f["waited_ms"])
            return head + target + f["text"].encode()
        case "edit":
            return hexed("id") + f["text"].encode()
        case "delete":
            return hexed("id")
        case "reaction":
            return hexed("author") + hexed("id") + f["text"].encode()
        case "name":
            return f["text"].encode()
        case "fading":
            return struct.pack(">I", f["wish"])
        case "exchange":
            return struct.pack(">I", f["generation"]) + hexed("bytes")
        case "held":
            return struct.pack(">IIII", *(f[name] for name in ("generation", "sent", "received", "lowest"))) + hexed("mac")
        case "proof":
            return hexed("places")


def message(kind, ack=0, read=0, number=0, **fields):
    """The encoding of a message, without the zeros that fill it, and the bucket that it goes in."""
    code = {**UNNUMBERED, **NUMBERED}[kind]
    said = content(kind, fields)
    encoded = struct.pack(">QQBQI", ack, read, code, number, len(said)) + said
    bucket = next(size for size in BUCKETS if HEADER + len(encoded) + TAG <= size)
    return {
        "kind": kind,
        "code": code,
        "ack": ack,
        "read": read,
        "number": number,
        **fields,
        "bucket": bucket,
        "encoded": encoded.hex(),
    }


# - The session


class Handshake:
    """One handshake of two instances, both sides played, and the transport messages after it."""

    def __init__(self, room, name, initiator, responder, psk0, attempt, revealed, committed):
        self.room = room
        draw = lambda what, length: stated(f"{name}, {what}", length)  # noqa: E731
        self.runs = {initiator.id: initiator, responder.id: responder}
        prologue = b"sotto/v1" + room.topic + initiator.public + responder.public
        initiator, responder = self.initiator, self.responder = initiator.id, responder.id
        session, e1, seed = draw("session", 8), draw("initiator's ephemeral", 32), draw("ml-kem seed", 64)
        prologue += session
        e2, m, r = draw("responder's ephemeral", 32), draw("ml-kem m", 32), draw("r", 32)
        self.session = session
        self.name = name
        sides = []
        for ephemeral, begin in ((e1, "set_as_initiator"), (e2, "set_as_responder")):
            side = NoiseConnection.from_name(PROTOCOL)
            getattr(side, begin)()
            side.set_prologue(prologue)
            side.set_keypair_from_private_bytes(Keypair.EPHEMERAL, ephemeral)
            side.set_psks(psks=[psk0, bytes(32)])  # psk2 is known only after the first message
            side.start_handshake()
            sides.append(side)
        self.a, self.b = sides

        decapsulation = MLKEM768PrivateKey.from_seed_bytes(seed)
        ek = decapsulation.public_key().public_bytes_raw()
        commitment = sha256(revealed) if committed else bytes(32)
        first_payload = struct.pack(">Q", attempt) + ek + commitment
        first = bytes(self.a.write_message(first_payload.ljust(3934, b"\0")))
        assert self.b.read_message(first) == first_payload.ljust(3934, b"\0")

        shared, ct = ML_KEM_768._encaps_internal(ek, m)
        assert decapsulation.decapsulate(ct) == shared
        psk2 = sha256(b"sotto/v1/kem:", shared, ct, ek)
        for side in sides:
            side.noise_protocol.psks = [psk2]
        symmetric = self.b.noise_protocol.symmetric_state
        second = bytes(self.b.write_message(r.ljust(2846, b"\0")))
        assert self.a.read_message(second) == r.ljust(2846, b"\0")
        handshake_hash = self.a.get_handshake_hash()
        assert handshake_hash == self.b.get_handshake_hash()

        self.chain = sha256(b"sotto/v1/chain:", handshake_hash, r)
        self.counters = {initiator: 0, responder: 0}
        self.said = {
            "name": name,
            "initiator": initiator.hex(),
            "responder": responder.hex(),
            "attempt": attempt,
            "psk0": psk0.hex(),
            "committed": committed,
            "revealed": revealed.hex(),
            "random_of_first": [session.hex(), e1.hex(), seed.hex()] + [revealed.hex()] * committed,
            "random_of_second": [e2.hex(), m.hex(), r.hex()],
            "prologue": prologue.hex(),
            "ek": ek.hex(),
            "commitment": commitment.hex(),
            "first": self.envelope(FIRST, initiator, responder, first),
            "ct": ct.hex(),
            "shared_secret": shared.hex(),
            "psk2": psk2.hex(),
            "dh": nacl.bindings.crypto_scalarmult(e1, nacl.bindings.crypto_scalarmult_base(e2)).hex(),
            "chaining_key": symmetric.ck.hex(),
            "second": self.envelope(SECOND, responder, initiator, ct + second),
            "handshake_hash": handshake_hash.hex(),
            "chain": self.chain.hex(),
            "transport": [],
        }
        if committed:
            number = int.from_bytes(expand(handshake_hash + revealed, b"sotto/v1/safety", 16), "big")
            self.said["safety_words"] = words(number % len(WORDS) ** 6, 6)

    def envelope(self, kind, sender, to, body, counter=0):
        name = {FIRST: "first", SECOND: "second", MESSAGE: f"{sender.hex()[:4]} {counter}"}[kind]
        nonce = stated(f"{self.name}, {name}, nonce", 24)
        if kind != MESSAGE:
            body = self.runs[sender].signed(self.room, kind, to, self.session, counter, body, 4096)
        payload = self.room.seal(nonce, kind, sender, to, self.session, counter, body)
        return {"nonce": nonce.hex(), "body": body.hex(), "payload_sha256": sha256(payload).hex()}

    def say(self, sender, said):
        """A transport message: the whole body of its envelope, then the rekeying of its direction."""
        to, mine, theirs = (
            (self.responder, self.a, self.b) if sender == self.initiator else (self.initiator, self.b, self.a)
        )
        key = mine.noise_protocol.cipher_state_encrypt.k
        plaintext = bytes.fromhex(said["encoded"]).ljust(said["bucket"] - HEADER - TAG, b"\0")
        body = mine.encrypt(plaintext)
        assert theirs.decrypt(body) == plaintext
        mine.rekey_outbound_cipher()
        theirs.rekey_inbound_cipher()
        counter = self.counters[sender]
        self.counters[sender] += 1
        sealed = self.envelope(MESSAGE, sender, to, body, counter)
        self.said["transport"].append(
            {"from": sender.hex(), "counter": counter, "key": key.hex(), "message": said, **sealed}
        )


def void_first(room, initiator, responder):
    """A first whose encapsulation key FIPS 203, section 7.2, refuses: its coefficients are not reduced."""
    session = stated("void, session", 8)
    side = NoiseConnection.from_name(PROTOCOL)
    side.set_as_initiator()
    side.set_prologue(b"sotto/v1" + room.topic + initiator.public + responder.public + session)
    side.set_keypair_from_private_bytes(Keypair.EPHEMERAL, stated("void, ephemeral", 32))
    side.set_psks(psks=[room.psk, bytes(32)])
    side.start_handshake()
    payload = struct.pack(">Q", 1) + b"\xff" * 1184 + stated("void, commitment", 32)
    body = bytes(side.write_message(payload.ljust(3934, b"\0")))
    return {
        "initiator": initiator.id.hex(),
        "responder": responder.id.hex(),
        "session": session.hex(),
        "psk0": room.psk.hex(),
        "body": body.hex(),
    }


def odd_messages():
    """Plaintexts of a newer version or of nobody's, and what they are taken for."""

    def odd(name, taken_for, code, number, said, length=None):
        head = struct.pack(">QQBQI", 5, 4, code, number, len(said) if length is None else length)
        return {"name": name, "taken_for": taken_for, "plaintext": (head + said).ljust(190, b"\0").hex()}

    ident = stated("message id", 16)
    return [
        odd("an unnumbered kind of a later version", "ignored", 15, 0, b"?"),
        odd("a numbered kind of a later version", "acknowledged and ignored", 99, 6, b"?"),
        odd("a text without its clock", "acknowledged and ignored", 16, 6, ident + b"\0"),
        odd("a text that is not UTF-8", "acknowledged and ignored", 16, 6, ident + bytes(13) + b"\xff"),
        odd("a name with a line break", "acknowledged and ignored", 20, 6, b"a\nb"),
        odd("a name that nobody can tell from another", "acknowledged and ignored", 20, 6, "b\u200ben".encode()),
        odd("a reaction of 65 bytes", "acknowledged and ignored", 19, 6, ident + ident + b"x" * 65),
        odd("a wish to fade after 4 s", "acknowledged and ignored", 23, 6, struct.pack(">I", 4)),
        odd("a wish to fade after more than 4 weeks", "acknowledged and ignored", 23, 6, struct.pack(">I", 2_419_201)),
        odd("a text that fades at once", "acknowledged and ignored", 16, 6, ident + b"\4" + bytes(16) + b"x"),
        odd("a ping without its token", "ignored", 2, 0, b""),
        odd("a content longer than the plaintext", "malformed", 16, 6, b"", length=162),
    ]


# - The file


def make():
    typed = [
        "correct horse battery staple", "  correct \t horse\u00a0ba\u0301ttery \n", "ｃｏｒｒｅｃｔ　ｈｏｒｓｅ",
        "ﬁne №5 ² Å ℌ", "a\u0085b\u2028c\u205fd", "x\u200by", "x\u001fy", "a\u00b4b", "\u00b4b", "가 가",
        "Straße STRASSE", "שלום 你好 🐎",
    ]  # fmt: skip
    derived = [
        room("correct horse battery staple", "kdwqzmra", stated("run", 16)),
        room("  Ｚoe\u0308’s\tpassphrase ﬁve ", "", stated("another run", 16)),
    ]
    shared = Room(derived[0])
    initiator, responder = sorted((Run("one instance"), Run("another instance")), key=lambda run: run.id)
    low, high = initiator.id, responder.id
    session = stated("a session", 8)
    hello_nonce, echo = stated("hello nonce", 16), stated("echoed nonce", 16)
    envelopes = [
        hello(shared, "a hello to all", initiator, NOBODY, 1, hello_nonce + bytes(16)),
        hello(shared, "a hello that echoes", responder, low, 2**32 + 7, echo + hello_nonce),
    ] + [
        envelope(shared, f"a message of {b} bytes", MESSAGE, low, high, session, b, stated(f"body {b}", b - HEADER), b)
        for b in BUCKETS[:3]
    ] + [
        envelope(shared, f"a message of {b} bytes", MESSAGE, high, low, session, 2**40, b"not quite empty", b)
        for b in BUCKETS[3:]
    ]  # fmt: skip

    ident, other = stated("message id", 16).hex(), stated("another message id", 16).hex()
    text = {"id": ident, "repeat": False, "clock_ms": 1_767_225_600_123, "waited_ms": 0}
    messages = [
        message("nothing", ack=3, read=2),
        message("confirm", revealed=stated("some revealed bytes", 32).hex()),
        message("ping", ack=1, token=int.from_bytes(stated("token", 8), "big")),
        message("pong", ack=2**40, read=2**33, token=2**64 - 1),
        message("typing", on=1),
        message("typing", on=0),
        message("text", number=1, **text, text="hello, Zoë 🐎"),
        message("text", number=2, **{**text, "repeat": True, "waited_ms": 90_061}, text="said again"),
        message("text", ack=9, read=8, number=7, **text, answers_author=low.hex(), answers_id=other, text="yes"),
        message("edit", number=8, id=ident, text="hello, Zoe"),
        message("delete", number=9, id=ident),
        message("reaction", number=10, author=high.hex(), id=other, text="👍"),
        message("reaction", number=11, author=high.hex(), id=other, text=""),
        message("name", number=0, text="Zoë"),
        message("leave", number=2**32),
        message("empty", number=12),
        message("fading", number=13, wish=600),
        message("fading", number=14, wish=0),
        message("fading", number=15, wish=2**32 - 1),
        message("exchange", number=13, generation=7, bytes=stated("exchanged", 32).hex()),
        message("held", number=14, generation=7, sent=3, received=2**31, lowest=1, mac=stated("held", 32).hex()),
        message("proof", number=1, places=stated("places", 24 * 32).hex()),
        message("text", number=16, **text, fades_s=600, text="gone in ten minutes"),
        message("text", number=17, **text, answers_author=low.hex(), answers_id=other, fades_s=5, text="and this"),
    ]
    buckets = []
    for bucket in BUCKETS:
        longest = bucket - HEADER - TAG - 29
        buckets.append({"bucket": bucket, "longest_content": longest})

    revealed = stated("revealed", 32)
    meeting = Handshake(shared, "a meeting under psk", initiator, responder, shared.psk, 1, revealed, True)
    meeting.say(low, message("confirm", revealed=revealed.hex()))
    meeting.say(low, message("name", number=0, text="anna"))
    meeting.say(low, message("proof", number=1, places=stated("proof of low", 24 * 32).hex()))
    meeting.say(high, message("name", ack=2, number=0, text="Zoë"))
    meeting.say(high, message("proof", ack=2, number=1, places=stated("proof of high", 24 * 32).hex()))
    meeting.say(low, message("text", ack=2, read=2, number=2, **text, text="hello, Zoë 🐎"))
    meeting.say(high, message("nothing", ack=3, read=3))
    meeting.say(high, message("text", ack=3, read=3, number=2, **{**text, "id": other}, text="long " * 400))
    meeting.say(low, message("ping", ack=3, read=2, token=1))
    meeting.say(high, message("pong", ack=3, read=3, token=1))
    later = Handshake(shared, "a later session under the chain", initiator, responder, meeting.chain, 2, revealed, False)
    later.say(low, message("confirm", ack=3, read=3, revealed=revealed.hex()))
    later.say(high, message("typing", ack=3, read=3, on=1))
    later.say(low, message("leave", ack=3, read=3, number=3))

    return {
        "about": [
            "Written by vectors/make.py from SPEC.md. Byte strings are hexadecimal.",
            "Random bytes are stated in the order in which they are drawn; the nonce of an envelope comes last.",
            "Plaintexts are given without the zeros that fill them: `body` of an envelope, `encoded` of a message.",
        ],
        "normalisation": [{"typed": t, "normalised": normalise(t)} for t in typed],
        "rooms": derived,
        "frames": {"room": 0, **frames(derived[0])},
        "kept": {"room": 0, **kept(derived[0])},
        "memory": {"room": 0, **memory(derived[0])},
        "mail": {"room": 0, "under_passphrase": mail(derived[0])},
        "bond": {"room": 0, "generations": bond(derived[0])},
        "runs": [
            {"secret": run.secret.hex(), "public": run.public.hex(), "id": run.id.hex()} for run in (initiator, responder)
        ],
        "envelopes": {"room": 0, "sealed": envelopes},
        "messages": messages,
        "odd_messages": odd_messages(),
        "buckets": buckets,
        "handshakes": {"room": 0, "pair": [meeting.said, later.said], "void_first": void_first(shared, initiator, responder)},
    }


if __name__ == "__main__":
    (HERE.parent / "vectors.json").write_text(json.dumps(make(), indent=1, ensure_ascii=True) + "\n")
