"""Signatures of bundles: DSSE envelopes around in-toto statements, which other tools read as well.

In: a bundle, and the files of keys. Out: the text of an envelope; later, whether those signed it whose public
keys are given. UsageError for keys and envelopes that are none.

`cryptography` is imported here alone, when something is signed or verified: the extra `sign` installs it.
"""

from __future__ import annotations

import json
import os
import stat
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from policyscan.errors import UsageError
from policyscan.reading.text import decode, read_bytes
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    PrivateKey: TypeAlias = Ed25519PrivateKey | EllipticCurvePrivateKey
    PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey

SUFFIX = ".dsse"
_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_MOST_KEY, _MOST_ENVELOPE = 1 << 16, 1 << 24  # bytes
_MOST_SIGNATURES = 100
_OTHERS = 0o077
_KINDS = "an Ed25519 or ECDSA P-256 key"
_MAKE = "ssh-keygen -t ed25519 -f KEY makes one, and KEY.pub beside it"


class SignedStatement(NamedTuple):
    """A statement, as the bytes that were signed, and its signatures, each with the id of a key."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def text(self) -> str:
        """The envelope as JSON."""
        signatures = [
            {"keyid": keyid, "sig": b64encode(signature).decode("ascii")}
            for keyid, signature in self.signatures
        ]
        payload = b64encode(self.payload).decode("ascii")
        whole = {"payload": payload, "payloadType": _TYPE, "signatures": signatures}
        return json.dumps(whole, indent=1) + "\n"


def signed(
    statement: str, key: str, ask: Callable[[str], bytes], before: SignedStatement | None = None
) -> str:
    """An envelope with a statement, signed with the private key in a file. `ask` gives the passphrase of an
    encrypted one; `before` is an envelope to which the signature is added."""
    private = _private(key, ask)
    payload = statement.encode("utf-8")
    keyid = _keyid(private.public_key())
    others: tuple[tuple[str, bytes], ...] = ()
    if before is not None:
        if before.payload != payload:
            message = "the file of signatures is about another bundle, or another report of it"
            raise UsageError(message, hint="name another file with -o")
        others = tuple(one for one in before.signatures if one[0] != keyid)
    return SignedStatement(payload, (*others, (keyid, _sign(private, _encoded(payload))))).text()


def envelope_in(text: str, name: str) -> SignedStatement:
    """The envelope that a text is; UsageError for what is none."""
    try:
        read = json.loads(text)
        kind, payload, listed = read["payloadType"], read["payload"], read["signatures"]
        if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_SIGNATURES:
            raise ValueError(listed)
        found = SignedStatement(
            b64decode(payload, validate=True),
            tuple((str(one.get("keyid", "")), b64decode(one["sig"], validate=True)) for one in listed),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NoBase64):
        raise UsageError(f"{name} is no DSSE envelope", hint="policyscan sign makes one") from None
    if kind != _TYPE:
        raise UsageError(f"{name} holds no in-toto statement, but {str(kind)[:80]!r}")
    return found


def open_envelope(path: str) -> SignedStatement:
    """The envelope in a file; PolicyscanError for what is none."""
    return envelope_in(decode(read_bytes(path, path, most=_MOST_ENVELOPE), path), path)


def unproved(envelope: SignedStatement, data: bytes, keys: Sequence[str]) -> Iterator[str]:
    """Why nobody can say that the owners of all these public keys signed a bundle; nothing if they did."""
    for key in keys:
        public = _public(key)
        if not any(_holds(public, signature, envelope.payload) for _, signature in envelope.signatures):
            yield f"it is not signed with the key of {key}, or what was signed was changed"
    if not _is_about(envelope.payload, sha256(data).hexdigest()):
        yield "what was signed is another bundle than this"


def _is_about(payload: bytes, digest: str) -> bool:
    try:
        statement = json.loads(payload)
        subjects = [one["digest"]["sha256"] for one in statement["subject"]]
        return bool(statement["_type"] == _STATEMENT and digest in subjects)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _encoded(payload: bytes) -> bytes:
    """What is signed: the payload with its type, as DSSE has it, so that it can be taken for nothing else."""
    kind = _TYPE.encode("ascii")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


# --- keys


def _private(path: str, ask: Callable[[str], bytes]) -> PrivateKey:
    _load()
    data = read_bytes(path, path, most=_MOST_KEY)
    if b"PRIVATE KEY" in data:
        _refuse_shared(path)
    try:
        found = _loaded(data, None)
    except TypeError:  # as cryptography says it of an encrypted one
        try:
            found = _loaded(data, ask(path))
        except (ValueError, TypeError):
            raise UsageError(f"{path}: this is not its passphrase") from None
    except ValueError:
        raise UsageError(f"{path} holds no private key that can be read", hint=_MAKE) from None
    return _fitting(found, path)  # type: ignore[no-any-return]


def _refuse_shared(path: str) -> None:
    """UsageError for a key that others can read: anybody may have signed with it."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # whoever reads it says why it cannot be read
    if os.name != "nt" and stat.S_ISREG(mode) and mode & _OTHERS:
        raise UsageError(f"others can read {path}, and sign with it", hint=f"chmod 600 {path}")


def _loaded(data: bytes, password: bytes | None) -> Any:
    """The private key that a text is. TypeError if it is encrypted and there is no password, ValueError for
    what is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    try:
        if b"OPENSSH PRIVATE KEY" in data:
            return load_ssh_private_key(data, password)
        return load_pem_private_key(data, password)
    except UnsupportedAlgorithm as error:
        message = f"this key is of a kind that cannot be read here: {error}"
        hint = "an encrypted key of ssh-keygen needs pip install bcrypt; one that is not encrypted does not"
        raise UsageError(message, hint=hint) from None


def _public(path: str) -> PublicKey:
    _load()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

    data = read_bytes(path, path, most=_MOST_KEY)
    if b"PRIVATE KEY" in data:
        message = f"{path} is a private key, which nobody but its owner should have"
        raise UsageError(message, hint="give the public one, KEY.pub")
    try:
        load = load_pem_public_key if data.lstrip().startswith(b"-----") else load_ssh_public_key
        found = load(data)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} holds no public key that can be read", hint=_MAKE) from None
    return _fitting(found, path)  # type: ignore[no-any-return]


def _fitting(key: Any, path: str) -> Any:
    """The key, if signatures are made with such; UsageError for others."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return key
    elliptic = isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey)
    if elliptic and isinstance(key.curve, ec.SECP256R1):
        return key
    raise UsageError(f"{path} is not {_KINDS}", hint=_MAKE)


def _keyid(key: PublicKey) -> str:
    """What a key is known by: the SHA-256 of its public part, in hex digits."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _sign(key: PrivateKey, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(SHA256()))
    return key.sign(data)


def _holds(key: PublicKey, signature: bytes, payload: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, _encoded(payload), ec.ECDSA(SHA256()))
        else:
            key.verify(signature, _encoded(payload))
    except InvalidSignature:
        return False
    return True


def _load() -> None:
    """UsageError where what signs is not installed."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        message = "signatures need the package cryptography"
        raise UsageError(message, hint="pip install 'policyscan[sign]'") from None
