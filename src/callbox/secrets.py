"""What names a secret, what holds one and what looks like one: the one list, for values as they are recorded and later.

The union of the lists that Sentry's and Datadog's SDKs and Logfire redact by default,
as words rather than as exact keys, so that `db_password`, `dbPassword` and `DB-PASSWORD`
are one. Names that are secret only by themselves (`pin`, `salt`) are whole keys.

`callbox.values.redact` applies it in Python, `csrc/redact.c` where values are frozen.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from callbox.errors import ConfigError

if TYPE_CHECKING:
    import re


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

PARTS: Mapping[str, str] = {
    **dict.fromkeys(("passwd", "password", "passphrase", "credential", "mysqlpwd", "apikey", "privatekey"), ""),
    "secret": "ar",
    "creditcard": "",
    "socialsecurity": "",
}
"""What makes a key a secret's wherever it stands in it, unless certain letters follow: `secretary` is none."""

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

_UPPER = string.ascii_uppercase + string.digits
_ALNUM = string.ascii_letters + string.digits
_WORD = _ALNUM + "_"
_DASHED = _WORD + "-"


@dataclass(frozen=True, slots=True)
class Token:
    """How the tokens of a service look: a prefix, then runs of characters with dots between.

    Attributes:
        rule: what the marker says.
        prefixes: one of them begins the token.
        alphabet: the characters of a run.
        min_chars: the least length of a run.
        n_runs: how many runs there are at least.
    """

    rule: str
    prefixes: tuple[str, ...]
    alphabet: str
    min_chars: int
    n_runs: int = 1


TOKENS: tuple[Token, ...] = (
    Token("aws key", ("AKIA", "ASIA", "AROA", "AIDA"), _UPPER, 16),
    Token("github token", ("ghp_", "gho_", "ghs_", "ghu_", "ghr_"), _ALNUM, 30),
    Token("github token", ("github_pat_",), _WORD, 22),
    Token("gitlab token", ("glpat-",), _DASHED, 20),
    Token("slack token", ("xapp-", *(f"xox{letter}-" for letter in "abcdeoprs")), _DASHED, 10),
    Token("slack token", ("hooks.slack.com/services/",), _WORD + "/", 10),
    Token("stripe key", tuple(f"{kind}k_{use}_" for kind in "rsp" for use in ("live", "test")), _DASHED, 16),
    Token("stripe key", ("whsec_",), _WORD, 16),
    Token("google key", ("AIza",), _DASHED, 35),
    Token("google key", ("ya29.",), _DASHED, 20),
    Token("api key", ("sk-",), _DASHED, 20),
    Token("npm token", ("npm_",), _ALNUM, 36),
    Token("pypi token", ("pypi-",), _DASHED, 32),
    Token("sendgrid key", ("SG.",), _DASHED, 16, n_runs=2),
    Token("hugging face token", ("hf_",), _ALNUM, 30),
    Token("logfire token", ("pylf_v",), _WORD, 8),
    Token("jwt", ("eyJ",), _DASHED, 8, n_runs=2),
)

PRIVATE_KEY, AUTHORIZATION, LOGIN, CARD = SHAPES = ("private key", "authorization", "url password", "credit card")
"""Shapes of secrets in text that are more than a prefix."""

LONG_KEY = "long key"
MAX_KEY_CHARS = 1024
"""A key that is longer is taken for a secret's."""


def mark(rule: str) -> str:
    """Return the marker that stands for a secret."""
    return f"[redacted: {rule}]"


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
            compile_pattern(name, pattern)
        for name in self.add_keys:
            if not join_words(name):
                raise ConfigError(f"redaction key {name!r} has no letter: write a name like 'patient_id'")

    @classmethod
    def from_plain(cls, rules: Mapping[str, Any]) -> RedactRules:
        """Make rules of what JSON and TOML can hold."""
        fields: dict[str, Any] = {name: tuple(rule) if isinstance(rule, list) else rule for name, rule in rules.items()}
        return cls(**fields)


def compile_pattern(name: str, pattern: str) -> re.Pattern[str]:
    """Compile an expression that a rule is made of.

    Raises:
        ConfigError: it is none.
    """
    # Imported into a program that is recorded only if it has expressions.
    import re

    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"redaction pattern {name!r} is no regular expression: {error}") from None


def split_words(name: str) -> list[str]:
    """Split a name into lower-case words: `dbPassword`, `DB_PASSWORD` and `db-password` are `db`, `password`."""
    words: list[str] = []
    before = ""
    kinds = [*map(_kind_of, name), ""]
    for position, c in enumerate(name):
        here, after = kinds[position], kinds[position + 1]
        if here:
            begins_last = here == before == "upper" and after == "lower"
            goes_on = (before == here and not begins_last) or (before, here) == ("upper", "lower")
            if goes_on:
                words[-1] += c.lower()
            else:
                words.append(c.lower())
        before = here
    return words


def _kind_of(c: str) -> str:
    if not c.isascii():
        return "other" if c.isalpha() else ""
    if c.isalpha():
        return "lower" if c.islower() else "upper"
    return "digit" if c.isdigit() else ""


def join_words(name: str) -> str:
    """Return a name's words as one, the form in which names are compared."""
    return "".join(split_words(name))
