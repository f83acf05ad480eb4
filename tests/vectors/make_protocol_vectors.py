#!/usr/bin/env python3
"""Writes protocol_invite.json, protocol_frames.json and protocol_handshake.json beside itself.

A second implementation of those parts of docs/protocol.md, on libsodium and the standard library alone; it shares no code
with the one under test. All inputs are fixed, so the files only change with the protocol.
"""
import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import struct

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
assert sodium.sodium_init() >= 0


def call(name, size, *args):
    out = ctypes.create_string_buffer(size)
    assert getattr(sodium, name)(out, *args) == 0, name
    return out.raw


def bh(n, key, msg, label):
    return hashlib.blake2b(msg, digest_size=n, key=key, salt=bytes(16), person=label.encode().ljust(16, b"\0")).digest()


def x25519_pk(sk):
    return call("crypto_scalarmult_curve25519_base", 32, sk)


def dh(sk, pk):
    return call("crypto_scalarmult_curve25519", 32, sk, pk)


def ed25519(seed):
    sk = ctypes.create_string_buffer(64)
    pk = ctypes.create_string_buffer(32)
    assert sodium.crypto_sign_ed25519_seed_keypair(pk, sk, seed) == 0
    return sk.raw, pk.raw


def signed_data(context, data):
    return b"agentroom/3 " + context.encode() + b"\0" + data


def sign(sk, context, data):
    message = signed_data(context, data)
    return call("crypto_sign_ed25519_detached", 64, None, message, ctypes.c_ulonglong(len(message)), sk)


def box(key, nonce, message):
    return call("crypto_secretbox_easy", len(message) + 16, message, ctypes.c_ulonglong(len(message)), nonce, key)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def secret(name):
    """32 bytes that nobody would draw by chance: the hash of a name."""
    return hashlib.sha256(b"agentroom test vector: " + name.encode()).digest()


def uuid(version, name):
    raw = bytearray(secret(name)[:16])
    raw[6] = (version << 4) | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return bytes(raw)


def uuid_text(raw):
    h = raw.hex()
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


# ---- Protobuf, as far as the protocol needs it ----


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(0x80 | (n & 0x7F))
        n >>= 7
    out.append(n)
    return bytes(out)


def num(field, value):
    return varint(field << 3) + varint(value) if value else b""


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value if value else b""


def msg(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def framed(field, payload):
    frame = msg(field, payload)
    return varint(len(frame)) + frame


def write(name, value):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(value, out, indent=2, ensure_ascii=True)
        out.write("\n")


# ---- invite ----


def invite_vectors():
    ed_seed = secret("inviter ed25519")
    ed_sk, ed_pk = ed25519(ed_seed)
    x_sk = secret("inviter x25519")
    prekey_sk = secret("prekey")
    invite_id = uuid(4, "invite id")
    nonce = secret("nonce")
    relay_pk = ed25519(secret("relay"))[1]
    url = "wss://relay.example.org/ws"
    expires = 1_750_086_400_000
    covered = (invite_id + ed_pk + x25519_pk(x_sk) + x25519_pk(prekey_sk) + relay_pk + nonce + struct.pack("<Q", expires)
               + url.encode())
    sig = sign(ed_sk, "invite", covered)
    blob = {
        "v": 3,
        "invite_id": uuid_text(invite_id),
        "inviter_ed25519_pk": b64(ed_pk),
        "inviter_x25519_pk": b64(x25519_pk(x_sk)),
        "server_url": url,
        "expires_at": expires,
        "nonce": b64(nonce),
        "prekey": b64(x25519_pk(prekey_sk)),
        "relay_pk": b64(relay_pk),
    }
    text = json.dumps({"blob": blob, "sig": b64(sig)}, separators=(",", ":"))

    def url_of(body):
        return "agentroom://invite/" + b64(body if isinstance(body, bytes) else body.encode())

    def changed(**members):
        other = {**blob, **members}
        return json.dumps({"blob": other, "sig": b64(sig)}, separators=(",", ":"))

    def without(name):
        other = {k: v for k, v in blob.items() if k != name}
        return json.dumps({"blob": other, "sig": b64(sig)}, separators=(",", ":"))

    flipped = {
        "invite_id": uuid_text(uuid(4, "another invite id")),
        "inviter_ed25519_pk": b64(ed25519(secret("another"))[1]),
        "inviter_x25519_pk": b64(x25519_pk(secret("another"))),
        "server_url": "wss://relay.example.org/wt",
        "expires_at": expires + 1,
        "nonce": b64(secret("another")),
        "prekey": b64(x25519_pk(secret("another"))),
        "relay_pk": b64(ed25519(secret("another"))[1]),
    }
    refused = [{"what": name + " changed", "code": "bad_signature", "url": url_of(changed(**{name: value}))}
               for name, value in flipped.items()]
    refused += [{"what": name + " left out", "code": "invalid", "url": url_of(without(name))} for name in blob]
    refused += [
        {"what": "signature changed", "code": "bad_signature",
         "url": url_of(text.replace(b64(sig), b64(sign(ed_sk, "hello", covered))))},
        {"what": "version 4, other members", "code": "unsupported_version", "url": url_of('{"blob":{"v":4,"new":[]}}')},
        {"what": "v stands twice", "code": "invalid", "url": url_of(text.replace('{"v":3', '{"v":3,"v":3'))},
        {"what": "v stands twice, once escaped", "code": "invalid",
         "url": url_of(text.replace('{"v":3', '{"\\u0076":3,"v":3'))},
        {"what": "a member stands twice in an unknown object", "code": "invalid",
         "url": url_of(text.replace('{"v":3', '{"x":[{"a":1,"a":1}],"v":3'))},
        {"what": "a lone surrogate in an unknown member", "code": "invalid",
         "url": url_of(text.replace('{"v":3', '{"x":"\\ud800","v":3'))},
        {"what": "not UTF-8", "code": "invalid",
         "url": url_of(text.encode().replace(b'{"v":3', b'{"x":"\xff","v":3'))},
        {"what": "byte order mark", "code": "invalid", "url": url_of(b"\xef\xbb\xbf" + text.encode())},
        {"what": "expires_at is not an integer literal", "code": "invalid",
         "url": url_of(text.replace(str(expires), "1750086400e3"))},
        {"what": "expires_at is 2^53", "code": "invalid", "url": url_of(text.replace(str(expires), str(2**53)))},
        {"what": "inviter_x25519_pk is p", "code": "invalid",
         "url": url_of(changed(inviter_x25519_pk=b64(bytes([0xED] + [0xFF] * 30 + [0x7F]))))},
        {"what": "inviter_ed25519_pk is of small order", "code": "invalid",
         "url": url_of(changed(inviter_ed25519_pk=b64(bytes([1] + [0] * 31))))},
        {"what": "nonce with padding", "code": "invalid", "url": url_of(changed(nonce=b64(nonce) + "="))},
        {"what": "server_url with a query", "code": "invalid", "url": url_of(changed(server_url=url + "?a=b"))},
        {"what": "server_url with a fragment", "code": "invalid", "url": url_of(changed(server_url=url + "#a"))},
        {"what": "server_url with a user name", "code": "invalid",
         "url": url_of(changed(server_url=url.replace("://", "://a@")))},
        {"what": "another prefix", "code": "invalid", "url": url_of(text).replace("agentroom:", "Agentroom:")},
        {"what": "cut short", "code": "invalid", "url": url_of(text)[:-4]},
    ]
    claim_seed = bh(32, nonce, invite_id, "ar3.claim")
    token = bh(16, nonce, invite_id, "ar3.invitetoken")
    write("protocol_invite.json", {
        "inviter_ed25519_seed": ed_seed.hex(),
        "inviter_ed25519_pk": ed_pk.hex(),
        "inviter_x25519_pk": x25519_pk(x_sk).hex(),
        "prekey": x25519_pk(prekey_sk).hex(),
        "relay_pk": relay_pk.hex(),
        "invite_id": invite_id.hex(),
        "nonce": nonce.hex(),
        "expires_at": expires,
        "server_url": url,
        "signed_data": signed_data("invite", covered).hex(),
        "sig": sig.hex(),
        "json": text,
        "url": url_of(text),
        "claim_seed": claim_seed.hex(),
        "claim_pk": ed25519(claim_seed)[1].hex(),
        "invite_token": token.hex(),
        "invite_token_hash": bh(16, b"", token, "ar3.token").hex(),
        "refused": refused,
    })


# ---- frames, contents, envelopes ----


def frame_vectors():
    def pk(name):
        return ed25519(secret(name))[1]

    msg_id, other_id = uuid(7, "msg 1"), uuid(7, "msg 2")
    request_id = secret("request")[:16]
    invite_id = uuid(4, "invite id")
    token = secret("token")[:16]
    hashes = sorted(bh(16, b"", secret("token %d" % i)[:16], "ar3.token") for i in range(3))
    alice, bob = pk("alice"), pk("bob")
    message = data(1, secret("session")) + data(2, (secret("a") + secret("b") + secret("c"))[:80]) + data(3, bytes(272))
    envelope = msg(2, message)
    init = (data(1, invite_id) + data(2, bob) + data(3, x25519_pk(secret("bob x"))) + data(4, x25519_pk(secret("bob e")))
            + data(5, secret("sig 1") + secret("sig 2")) + msg(6, message))
    claim_envelope = msg(1, init)
    claim_sk, claim_pk = ed25519(secret("claim"))
    claim_data = invite_id + bob + bh(32, b"", claim_envelope, "ar3.envelope")
    claim_sig = sign(claim_sk, "claim", claim_data)
    send = data(1, msg_id) + data(2, alice) + data(3, token) + data(4, envelope)
    ack = [data(1, msg_id) + num(2, 1), data(1, other_id) + num(2, 2), data(1, request_id) + num(2, 3),
           data(1, secret("rejected")[:16]) + num(2, 4) + num(3, 11) + num(4, 5000)]
    frames = [
        ("Allow", 1, data(1, b"".join(hashes)), {"hashes": [h.hex() for h in hashes]}),
        ("InvitePublish", 2,
         data(1, request_id) + data(2, invite_id) + data(3, claim_pk) + num(4, 1_750_086_400_000) + data(5, hashes[0]),
         {"request_id": request_id.hex(), "invite_id": invite_id.hex(), "claim_pk": claim_pk.hex(),
          "expires_at": 1_750_086_400_000, "token_hash": hashes[0].hex()}),
        ("InviteRevoke", 3, data(1, request_id) + data(2, invite_id),
         {"request_id": request_id.hex(), "invite_id": invite_id.hex()}),
        ("InviteClaim", 4, data(1, msg_id) + data(2, invite_id) + data(3, claim_envelope) + data(4, claim_sig),
         {"msg_id": msg_id.hex(), "invite_id": invite_id.hex(), "envelope": claim_envelope.hex(),
          "claim_sig": claim_sig.hex()}),
        ("Send", 5, send,
         {"msg_id": msg_id.hex(), "to": alice.hex(), "token": token.hex(), "envelope": envelope.hex()}),
        ("Ack", 6, b"".join(msg(1, item) for item in ack),
         {"items": [{"id": msg_id.hex(), "status": 1, "code": "NONE", "retry_after_ms": 0},
                    {"id": other_id.hex(), "status": 2, "code": "NONE", "retry_after_ms": 0},
                    {"id": request_id.hex(), "status": 3, "code": "NONE", "retry_after_ms": 0},
                    {"id": secret("rejected")[:16].hex(), "status": 4, "code": "QUEUE_FULL", "retry_after_ms": 5000}]}),
        ("Delivery", 7, data(1, bob) + data(2, msg_id) + data(3, envelope),
         {"from": bob.hex(), "msg_id": msg_id.hex(), "envelope": envelope.hex()}),
        ("Receipt", 8, msg(1, data(1, bob) + data(2, msg_id) + num(3, 1)) + msg(1, data(1, alice) + data(2, other_id) + num(3, 2)),
         {"items": [{"from": bob.hex(), "msg_id": msg_id.hex(), "status": 1},
                    {"from": alice.hex(), "msg_id": other_id.hex(), "status": 2}]}),
        ("Ping", 9, b"", {}),
        ("Pong", 10, b"", {}),
        ("Error", 11, num(1, 2) + data(2, "malformed Send".encode()), {"code": "BAD_FRAME", "message": "malformed Send"}),
        ("Closing", 12, num(1, 1), {"reason": 1}),
    ]
    ping = framed(9, b"")
    refused = [
        ("no frame", b""),
        ("a length that is not minimal", b"\x82\x00" + ping[1:]),
        ("a frame that reaches past the end", b"\x03" + ping[1:]),
        ("trailing bytes", ping + b"\x00"),
        ("a frame with two fields", varint(4) + ping[1:] + msg(10, b"")),
        ("an oneof member twice", varint(4) + ping[1:] + ping[1:]),
        ("a kind that is a number", varint(2) + bytes([9 << 3, 1])),
        ("Send: msg_id twice", framed(5, data(1, msg_id) + send)),
        ("Send: token left out", framed(5, data(1, msg_id) + data(2, alice) + data(4, envelope))),
        ("Send: token of 15 bytes", framed(5, data(1, msg_id) + data(2, alice) + data(3, token[:15]) + data(4, envelope))),
        ("Send: an empty envelope", framed(5, data(1, msg_id) + data(2, alice) + data(3, token) + msg(4, b""))),
        ("Send: a length that is not minimal",
         framed(5, bytes([0x0A, 0x90, 0x00]) + msg_id + data(2, alice) + data(3, token) + data(4, envelope))),
        ("Send: msg_id as a number", framed(5, num(1, 7) + data(2, alice) + data(3, token) + data(4, envelope))),
        ("Send: a group", framed(5, send + b"\xfb\x01\xfc\x01")),
        ("Ack: no items", framed(6, b"")),
        ("Ack: status 5", framed(6, msg(1, data(1, msg_id) + num(2, 5)))),
        ("Ack: status left out", framed(6, msg(1, data(1, msg_id)))),
        ("Ack: REJECTED without a code", framed(6, msg(1, data(1, msg_id) + num(2, 4)))),
        ("Ack: a code with QUEUED", framed(6, msg(1, data(1, msg_id) + num(2, 2) + num(3, 11)))),
        ("Ack: an unknown code", framed(6, msg(1, data(1, msg_id) + num(2, 4) + num(3, 16)))),
        ("Ack: retry_after_ms of 33 bits", framed(6, msg(1, data(1, msg_id) + num(2, 4) + num(3, 11) + num(4, 2**32)))),
        ("Allow: descending", framed(1, data(1, hashes[1] + hashes[0]))),
        ("Allow: twice", framed(1, data(1, hashes[0] * 2))),
        ("Allow: 17 bytes", framed(1, data(1, hashes[0] + b"\xff"))),
        ("InvitePublish: expires_at of 2^53",
         framed(2, data(1, request_id) + data(2, invite_id) + data(3, claim_pk) + num(4, 2**53) + data(5, hashes[0]))),
        ("Error: not UTF-8", framed(11, num(1, 2) + data(2, b"\xff"))),
        ("Closing: reason 0", framed(12, b"")),
    ]

    def content(body):
        return num(1, 1_750_000_000_123) + data(2, uuid(4, "conversation")) + data(3, other_id) + num(4, 2) + body

    text = "gr\u00fc\u00dfe \u2713"
    hello = msg(5, num(1, 3) + data(2, token) + data(3, b"planner") + msg(4, b"text") + msg(4, b"urls"))
    write("protocol_frames.json", {
        "frames": [{"name": name, "fields": fields, "encoded": framed(number, payload).hex()}
                   for name, number, payload, fields in frames],
        "unknown_kind": framed(99, b"\xff\xff").hex(),
        "unknown_field": framed(9, b"\xf8\x01\x96\x01\xfa\x01\x02\xca\xfe").hex(),
        "link_message": b"".join(framed(number, payload) for _, number, payload, _ in frames).hex(),
        "refused": [{"what": what, "encoded": encoded.hex()} for what, encoded in refused],
        "claim": {
            "claim_seed": secret("claim").hex(),
            "claim_pk": claim_pk.hex(),
            "invite_id": invite_id.hex(),
            "agent_pk": bob.hex(),
            "envelope": claim_envelope.hex(),
            "envelope_hash": bh(32, b"", claim_envelope, "ar3.envelope").hex(),
            "signed_data": signed_data("claim", claim_data).hex(),
            "claim_sig": claim_sig.hex(),
        },
        "allow": {
            "tokens": [secret("token %d" % i)[:16].hex() for i in range(3)],
            "hashes": [h.hex() for h in hashes],
            "digest": bh(32, b"", b"".join(hashes), "ar3.allow").hex(),
            "digest_of_none": bh(32, b"", b"", "ar3.allow").hex(),
        },
        "contents": [
            {"name": "SessionHello", "encoded": content(hello).hex(), "generation": 3, "token": token.hex(),
             "peer_name": "planner", "capabilities": ["text", "urls"]},
            {"name": "SessionAck", "encoded": content(msg(6, num(1, 4) + data(2, b"coder"))).hex(), "generation": 4,
             "peer_name": "coder"},
            {"name": "Text", "encoded": content(msg(7, data(1, text.encode()))).hex(), "text": text},
            {"name": "RelayUrls", "encoded": content(msg(8, msg(1, b"wss://a.example/ws"))).hex(),
             "urls": ["wss://a.example/ws"]},
            {"name": "Unknown", "encoded": content(msg(99, b"later")).hex()},
        ],
        "content": {"sent_at_ms": 1_750_000_000_123, "conversation_id": uuid(4, "conversation").hex(),
                    "in_reply_to": other_id.hex(), "hops": 2},
    })


# ---- the link's handshake ----


def handshake_vectors():
    relay_secret = "a relay's secret of at least 32 characters"
    previous_secret = "the former secret of at least 32 characters"
    relay_seed = bh(32, b"", relay_secret.encode(), "ar3.relay")
    previous_seed = bh(32, b"", previous_secret.encode(), "ar3.relay")
    relay_sk, relay_pk = ed25519(relay_seed)
    previous_sk, previous_pk = ed25519(previous_seed)
    successor_sig = sign(previous_sk, "successor", relay_pk)
    relay_e_sk, agent_e_sk = secret("relay e"), secret("agent e")
    relay_e, agent_e = x25519_pk(relay_e_sk), x25519_pk(agent_e_sk)
    limits = (num(1, 262_144) + num(2, 500) + num(3, 16 * 1024 * 1024) + num(4, 64) + num(5, 1024 * 1024) + num(6, 20)
              + num(7, 7 * 24 * 3600 * 1000))
    body = data(1, relay_pk) + data(2, relay_e) + msg(3, limits) + data(4, previous_pk) + data(5, successor_sig)
    challenge_sig = sign(relay_sk, "challenge", body)
    challenge = data(1, body) + data(2, challenge_sig)
    agent_seed = secret("agent")
    agent_sk, agent_pk = ed25519(agent_seed)
    hello_data = relay_pk + relay_e + agent_e + agent_pk
    hello_sig = sign(agent_sk, "hello", hello_data)
    hello = data(1, agent_pk) + data(2, hello_sig)
    shared = dh(agent_e_sk, relay_e)
    assert shared == dh(relay_e_sk, agent_e)
    challenge_hash = bh(32, b"", challenge, "ar3.challenge")
    keys = bh(64, shared, relay_pk + relay_e + agent_e + challenge_hash, "ar3.link")
    k_ar, k_ra = keys[:32], keys[32:]
    zero = bytes(24)
    digest = bh(32, b"", b"", "ar3.allow")
    ack = num(1, 7) + data(2, digest)

    def counted(key, counter, frames):
        return {"counter": counter, "nonce": (struct.pack("<Q", counter) + bytes(16)).hex(), "frames": frames.hex(),
                "message": box(key, struct.pack("<Q", counter) + bytes(16), frames).hex()}

    ping, pong = framed(9, b""), framed(10, b"")
    write("protocol_handshake.json", {
        "relay_secret": relay_secret,
        "relay_seed": relay_seed.hex(),
        "relay_pk": relay_pk.hex(),
        "previous_secret": previous_secret,
        "previous_pk": previous_pk.hex(),
        "successor_sig": successor_sig.hex(),
        "relay_e_secret": relay_e_sk.hex(),
        "relay_e": relay_e.hex(),
        "challenge_body": body.hex(),
        "challenge_sig": challenge_sig.hex(),
        "challenge": challenge.hex(),
        "challenge_hash": challenge_hash.hex(),
        "agent_ed25519_seed": agent_seed.hex(),
        "agent_pk": agent_pk.hex(),
        "agent_e_secret": agent_e_sk.hex(),
        "agent_e": agent_e.hex(),
        "shared": shared.hex(),
        "k_ar": k_ar.hex(),
        "k_ra": k_ra.hex(),
        "hello_signed_data": signed_data("hello", hello_data).hex(),
        "hello_sig": hello_sig.hex(),
        "hello_plaintext": hello.hex(),
        "hello": (agent_e + box(k_ar, zero, hello)).hex(),
        "pending": 7,
        "allow_digest": digest.hex(),
        "hello_ack_plaintext": ack.hex(),
        "hello_ack": box(k_ra, zero, ack).hex(),
        "hello_ack_without_mailbox": box(k_ra, zero, b"").hex(),
        "agent_to_relay": [counted(k_ar, 1, ping), counted(k_ar, 2, ping + pong), counted(k_ar, 3, pong)],
        "relay_to_agent": [counted(k_ra, 1, pong), counted(k_ra, 2, ping)],
    })


invite_vectors()
frame_vectors()
handshake_vectors()
