"""What names a secret, what holds one and what looks like one.

The union of the lists that Sentry's and Datadog's SDKs and Logfire redact by default,
as words rather than as exact keys, so that `db_password`, `dbPassword` and `DB-PASSWORD`
are one. Names that are secret only by themselves (`pin`, `salt`) are whole keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callbox.errors import ConfigError


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


KEYS = _names(
    """
    2fa accesskey accesstoken aiohttpsession apikey apisecret apisignature appkey applicationkey auth
    authorization authtoken bearer ccnumber certificatepin cipher clientid clientsecret connectionstring
    connectsid cookie creditcard credential credentials csrf csrftoken cvc cvv databaseurl dburl dsn
    encryptionkey encryptionkeyid geolocation gpgkey iban idtoken ipaddress jti jwt licensekey loggedin
    masterkey mysqlpwd nonce oauth oauthtoken otp passcode passhash passphrase passwd password passwordb pemfile
    pgpkey phpsessid pin pincode pkcs8 privatekey proxyauthorization publickey pwd recaptchakey refreshtoken
    remoteaddr routingnumber salt secret secretkey secrettoken securityanswer securitycode securityquestion
    serviceaccountcredentials session sessionid sessionkey setcookie signature signaturekey signingkey
    socialsecurity sshkey ssn symfony token transactionid twiliotoken usersession voterid xapikey xauthtoken
    xcsrftoken xforwardedfor xrealip xsrf xsrftoken
    """
)
"""Whole keys, without case and punctuation."""

WORDS = _names(
    """
    accesskey apikey apisecret auth authkey authorization authtoken bearer connectionstring cookie cookies
    credential credentials creditcard csrf csrftoken encryptionkey jwt masterkey oauth oauth2 passcode passhash
    passphrase passwd password passwords privatekey pwd secret secretkey secrets session sessionid sessionkey
    sharedkey signingkey socialsecurity sshkey ssn storagekey token xsrf xsrftoken accesstoken accesstokens apitoken
    apitokens bearertoken idtoken oauthtoken refreshtoken sessiontoken setcookie
    authtokens idtokens refreshtokens sessiontokens
    """
)
"""Words, or neighbouring words written as one, that make any key with them a secret's."""

PARTS = re.compile(
    r"passwd|password|passphrase|secret(?!ar)|credential|mysqlpwd|apikey|privatekey|creditcard|socialsecurity"
)
"""What makes a key a secret's wherever it stands in it."""

HARMLESS_TAILS = _names(
    """
    age backend backends class count counts enabled expires expiry field form hashers index length limit maker
    middleware model name policy required size timeout ttl type url usage validators
    """
)
"""Last words of keys that tell of a secret and hold none: `token_count`, `session_timeout`."""

TYPES = (
    *("*.SecretStr", "*.SecretBytes", "pydantic.types.Secret", "starlette.datastructures.Secret"),
    *("*Credential", "*Credentials", "*PrivateKey", "*PrivateKeyWithSerialization", "*Password", "*AccessToken"),
    *("http.cookies.*", "http.cookiejar.*", "requests.cookies.*", "requests.auth.*", "httpx.*Auth", "paramiko.*Key"),
)
"""Globs of types whose instances are secrets, whatever their key."""

TOKENS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "aws key": (("AKIA", "ASIA", "AROA", "AIDA"), r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"),
    "github token": (
        ("ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"),
        r"\b(?:gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{22,})",
    ),
    "gitlab token": (("glpat-",), r"\bglpat-[\w-]{20,}"),
    "slack token": (
        ("xox", "xapp-", "hooks.slack.com"),
        r"\bx(?:ox[a-z]|app)-[\w-]{10,}|hooks\.slack\.com/services/[\w/]+",
    ),
    "stripe key": (("_live_", "_test_", "whsec_"), r"\b(?:[rsp]k_(?:live|test)|whsec)_\w{16,}"),
    "google key": (("AIza", "ya29."), r"\bAIza[\w-]{35}|\bya29\.[\w-]{20,}"),
    "api key": (("sk-",), r"\bsk-[\w-]{20,}"),
    "npm token": (("npm_",), r"\bnpm_[A-Za-z0-9]{36}"),
    "pypi token": (("pypi-",), r"\bpypi-[\w-]{32,}"),
    "sendgrid key": (("SG.",), r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    "hugging face token": (("hf_",), r"\bhf_[A-Za-z0-9]{30,}"),
    "logfire token": (("pylf_v",), r"\bpylf_v\d+_\w+"),
    "jwt": (("eyJ",), r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    "private key": (
        ("-----BEGIN",),
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----[^\0]*?(?:-----END [A-Z0-9 ]*-----|(?=\0)|\Z)",
    ),
    "authorization": (
        ("earer ", "EARER ", "asic ", "ASIC "),
        r"\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC) +[\w.~+/=-]{8,}",
    ),
}
"""Shapes of secrets in text: what one of must occur, and the expression. None may match a NUL."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret that was found, as a callback sees it.

    Attributes:
        rule: what knew it, e.g. `key password` or `jwt`.
        key: the key that it stands under; None for one found in text.
        value: the secret.
    """

    rule: str
    key: str | None
    value: Any


@dataclass(frozen=True)
class RedactRules:
    """What to redact besides the defaults, and what not.

    Attributes:
        add_keys: keys, in any spelling: `patient_id` also means `patientId` and `old-patient-id`.
        add_patterns: expressions for text, by the name that the marker shows.
        add_types: globs of types, e.g. `myapp.Diagnosis`.
        except_keys: keys, in any spelling, that are no secret although a rule says so.
        except_rules: rules that are off, by the name that the marker shows: `session`, `jwt`.
        callback: is asked before each redaction; what it returns stays, None means to redact.
        is_enabled: False redacts nothing.
    """

    add_keys: tuple[str, ...] = ()
    add_patterns: Mapping[str, str] = field(default_factory=dict)
    add_types: tuple[str, ...] = ()
    except_keys: tuple[str, ...] = ()
    except_rules: tuple[str, ...] = ()
    callback: Callable[[Hit], Any] | None = None
    is_enabled: bool = True

    def __post_init__(self) -> None:
        for name, pattern in self.add_patterns.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigError(f"redaction pattern {name!r} is no regular expression: {error}") from None
        for name in self.add_keys:
            if not join_words(name):
                raise ConfigError(f"redaction key {name!r} has no letter: write a name like 'patient_id'")


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def split_words(name: str) -> list[str]:
    """Split a name into lower-case words: `dbPassword`, `DB_PASSWORD` and `db-password` are `db`, `password`."""
    return [word.casefold() for word in _WORD.findall(name)]


def join_words(name: str) -> str:
    """Return a name's words as one, the form in which names are compared."""
    return "".join(split_words(name))
