"""Signatures of bundles: right ones, and every way in which one is none."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from policyscan.errors import PolicyscanError
from policyscan.session.signing import SignedStatement, envelope_in, signed, unproved

DATA = b"a bundle"
STATEMENT = json.dumps(
    {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "b.zip", "digest": {"sha256": sha256(DATA).hexdigest()}}],
    }
)


def key(folder: Path, name: str, made: Any = None, *, ssh: bool = False, password: bytes = b"") -> str:
    """The path of a private key; its public one lies beside it as `.pub`."""
    private = made or ed25519.Ed25519PrivateKey.generate()
    lock = ser.BestAvailableEncryption(password) if password else ser.NoEncryption()
    form = ser.PrivateFormat.OpenSSH if ssh else ser.PrivateFormat.PKCS8
    path = folder / name
    path.write_bytes(private.private_bytes(ser.Encoding.PEM, form, lock))
    path.chmod(0o600)
    how = (
        (ser.Encoding.OpenSSH, ser.PublicFormat.OpenSSH)
        if ssh
        else (ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo)
    )
    path.with_name(f"{name}.pub").write_bytes(private.public_key().public_bytes(*how))
    return str(path)


def nobody(_: str) -> bytes:
    raise AssertionError("no passphrase is needed")


def wrong(envelope: str, *keys: str, data: bytes = DATA) -> list[str]:
    return list(unproved(envelope_in(envelope, "b.dsse"), data, keys))


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
@pytest.mark.parametrize("ssh", [False, True], ids=["pem", "ssh"])
def test_a_signature_holds_with_its_own_public_key_alone(tmp_path: Path, kind: str, ssh: bool) -> None:
    made = ec.generate_private_key(ec.SECP256R1()) if kind == "ecdsa" else None
    ann, bob = key(tmp_path, "ann", made, ssh=ssh), key(tmp_path, "bob")
    text = signed(STATEMENT, ann, nobody)
    assert wrong(text, f"{ann}.pub") == []
    assert "not signed with the key" in wrong(text, f"{bob}.pub")[0]


def test_what_is_signed_is_what_dsse_says(tmp_path: Path) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    read = json.loads(signed(STATEMENT, key(tmp_path, "ann", private), nobody))
    payload = base64.b64decode(read["payload"])
    pae = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    private.public_key().verify(base64.b64decode(read["signatures"][0]["sig"]), pae)
    assert (payload.decode(), read["payloadType"]) == (STATEMENT, "application/vnd.in-toto+json")


def test_a_second_person_signs_as_well_and_nobody_twice(tmp_path: Path) -> None:
    ann, bob, eve = (key(tmp_path, name) for name in ("ann", "bob", "eve"))
    text = signed(STATEMENT, bob, nobody, envelope_in(signed(STATEMENT, ann, nobody), "-"))
    text = signed(STATEMENT, bob, nobody, envelope_in(text, "-"))
    assert len(json.loads(text)["signatures"]) == 2
    assert wrong(text, f"{ann}.pub", f"{bob}.pub") == []
    assert len(wrong(text, f"{ann}.pub", f"{eve}.pub")) == 1


def test_a_signature_of_something_else_proves_nothing(tmp_path: Path) -> None:
    ann = key(tmp_path, "ann")
    text = signed(STATEMENT, ann, nobody)
    assert wrong(text, f"{ann}.pub", data=DATA + b"!") == ["what was signed is another bundle than this"]
    found = envelope_in(text, "b.dsse")
    forged = SignedStatement(found.payload.replace(b"b.zip", b"c.zip"), found.signatures).text()
    assert "what was signed was changed" in wrong(forged, f"{ann}.pub")[0]
    other = signed('{"_type": "https://in-toto.io/Statement/v1"}', ann, nobody)
    assert wrong(other, f"{ann}.pub") == ["what was signed is another bundle than this"]
    with pytest.raises(PolicyscanError, match="about another bundle"):
        signed(STATEMENT, ann, nobody, envelope_in(other, "-"))


def test_a_passphrase_is_asked_for_and_has_to_be_right(tmp_path: Path) -> None:
    ann = key(tmp_path, "ann", password=b"long enough")
    assert wrong(signed(STATEMENT, ann, lambda _: b"long enough"), f"{ann}.pub") == []
    with pytest.raises(PolicyscanError, match="not its passphrase"):
        signed(STATEMENT, ann, lambda _: b"another one")


def _shared(folder: Path) -> str:
    path = Path(key(folder, "ann"))
    path.chmod(0o644)
    return str(path)


def _text(folder: Path) -> str:
    path = folder / "text"
    path.write_text("no key\n", "utf-8")
    path.chmod(0o600)
    return str(path)


def _public(folder: Path) -> str:
    path = Path(f"{key(folder, 'ann')}.pub")
    path.chmod(0o644)
    return str(path)


BAD_KEYS = {
    "pub holds no private key": _public,
    "others can read": _shared,
    "no private key that can be read": _text,
    "is not an Ed25519 or ECDSA": lambda folder: key(folder, "rsa", rsa.generate_private_key(65537, 2048)),
    "is not an Ed25519": lambda folder: key(folder, "p384", ec.generate_private_key(ec.SECP384R1())),
    "nowhere": lambda folder: str(folder / "nowhere"),
}


@pytest.mark.parametrize("message", BAD_KEYS)
def test_a_key_that_must_not_sign_is_refused(tmp_path: Path, message: str) -> None:
    with pytest.raises(PolicyscanError, match=message):
        signed(STATEMENT, BAD_KEYS[message](tmp_path), nobody)


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    ann = key(tmp_path, "ann")
    text = signed(STATEMENT, ann, nobody)
    with pytest.raises(PolicyscanError, match="is a private key"):
        wrong(text, ann)
    with pytest.raises(PolicyscanError, match="no public key"):
        wrong(text, _text(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"payload": "!", "payloadType": "x", "signatures": [{"sig": ""}]}',
        '{"payload": "", "payloadType": "application/vnd.in-toto+json", "signatures": []}',
        '{"payload": "", "payloadType": "application/vnd.in-toto+json", "signatures": [1]}',
        '{"payload": "", "payloadType": "text/plain", "signatures": [{"sig": ""}]}',
    ],
    ids=range(7),
)
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(PolicyscanError, match=r"no DSSE envelope|no in-toto statement"):
        envelope_in(text, "b.dsse")
