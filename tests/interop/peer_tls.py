# SPDX-License-Identifier: MIT
"""Certificates and TLS of the independent peer, from RFC 6120 section 13.7 and XEP-0246 section 3; on
pyOpenSSL and python3-cryptography. Shares no code with the project."""
import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL, crypto

ID_ON_XMPP_ADDR = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5")
UTF8_STRING = 0x0C


def load_key(folder):
    """The key kept in `folder`, made at first use."""
    path = pathlib.Path(folder) / "peer-key.pem"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
    return serialization.load_pem_private_key(path.read_bytes(), None)


def make_certificate(key, jid, first_day, last_day):
    """Self-signed for `jid`, valid from `first_day` to `last_day`, counted from today."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "independent peer")])
    now = datetime.datetime.utcnow()
    address = jid.encode()
    assert len(address) < 128  # one octet of length in DER
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=first_day))
        .not_valid_after(now + datetime.timedelta(days=last_day))
        .add_extension(x509.SubjectAlternativeName([x509.OtherName(
            ID_ON_XMPP_ADDR, bytes([UTF8_STRING, len(address)]) + address)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256()))


def der_hash(certificate):
    """SHA-256 of the whole certificate: what is signalled in Jingle."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


def key_hash(certificate):
    """SHA-256 of its SubjectPublicKeyInfo: what users compare."""
    return hashlib.sha256(certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def addresses(certificate):
    """The JIDs that it names."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [name.value[2:].decode() for name in names if isinstance(name, x509.OtherName)
            and name.type_id == ID_ON_XMPP_ADDR and name.value[0] == UTF8_STRING]


class Tls:
    """TLS between two memory buffers. Any certificate is taken, as RFC 6120 leaves it to a policy: the
    tests look at what was presented."""

    def __init__(self, server, version, key, certificate):
        context = SSL.Context(SSL.TLS_METHOD)
        only = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}[version]
        context.set_min_proto_version(only)
        context.set_max_proto_version(only)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        if certificate is not None:
            context.use_certificate(crypto.X509.from_cryptography(certificate))
            context.use_privatekey(crypto.PKey.from_cryptography_key(key))
        self._connection = SSL.Connection(context, None)
        if server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
        self._up = False

    def handshake(self):
        """True once it is done. Raises ConnectionError if it can't be."""
        try:
            self._connection.do_handshake()
            self._up = True
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            raise ConnectionError(f"TLS: {error}") from None
        return self._up

    def feed(self, data):
        """Takes what came from the peer."""
        if data:
            self._connection.bio_write(data)

    def take(self):
        """What must go to the peer."""
        out = b""
        while True:
            try:
                out += self._connection.bio_read(65536)
            except SSL.WantReadError:
                return out

    def decrypt(self):
        """What the peer said, as far as it is known; None at the end of what it says."""
        out = b""
        while True:
            try:
                out += self._connection.recv(65536)
            except SSL.WantReadError:
                return out
            except SSL.ZeroReturnError:
                return out or None
            except SSL.Error as error:
                raise ConnectionError(f"TLS: {error}") from None

    def encrypt(self, data):
        self._connection.sendall(data)

    def shutdown(self):
        try:
            self._connection.shutdown()
        except SSL.Error:
            pass

    def facts(self):
        certificate = self._connection.get_peer_certificate()
        certificate = certificate and certificate.to_cryptography()
        return {
            "tls": self._connection.get_protocol_version_name(),
            "cipher": self._connection.get_cipher_name(),
            "certificate": certificate,
        }
