"""What secrets look like: a list kept by hand, in the order in which it is applied.

Forms are RE2's, so that no text can make one slow. Where a form has a group, the group is the secret, else all of it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from streams.ingest.secret_checks import (
    is_card_number,
    is_mixed_password,
    is_no_placeholder,
    is_odd_password,
    is_pass_phrase,
    is_password,
    is_random,
    is_strong_password,
    is_token,
)


class Rule(NamedTuple):
    """`holds` decides about what the form found; `kind` is what a reader sees in its place."""

    kind: str
    form: str
    holds: Callable[[str], bool] = bool


CARD_NUMBER: Final = "card_number"
_KEY_NAME: Final = (
    r"(?i)(?:\b|_)(?:api|app|secret|access|auth|client|private|signing|session|refresh|bot)[_ -]?(?:key|token|secret)"
)
_EASTERN: Final = r"(?:密码|密碼|口令|パスワード|비밀번호)"
_WORD: Final = (
    r"(?:password|passwd|passphrase|passcode|passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|пароль"
    rf"|{_EASTERN})"
)
_CLAVE: Final = r"(?:mi|tu|su|la) clave"
"""Spanish for password and for key point alike: only what is no word counts after it."""
_WHOSE: Final = r"\b(?:my|our|your|his|her|their|the|mein|dein|unser|mi|tu|nuestra|mon|ton|notre|minha|sua)"
_IS: Final = r"(?:\b(?:is|was|ist|lautet|war|es|era|est)\b|é|è|是|为|為|は)"
_OPEN: Final = r"[\"'`“*]*"
_VALUE: Final = r"([!#-&(-_a-~]{3,}[0-9A-Za-z#$%&*+/=@\\^_|~<>-])"
"""Printable ASCII without quotes; the full stop of the sentence stays outside."""
_SET: Final = r"[\"']?\s*(?:=>|[:：=])\s*"
_DIGITS: Final = "0-9０-９٠-٩۰-۹०-९"
_DIGIT: Final = f"[{_DIGITS}]"
_CARD: Final = rf"{_DIGIT}(?:[ .\x{{a0}}\x{{2010}}-\x{{2013}}\x{{3000}}．－-]?{_DIGIT}){{12,18}}"

_BLOCK: Final = r"PRIVATE KEY(?: BLOCK)?-----"
_PRIVATE_KEYS: Final = (
    Rule("private_key", rf"-----BEGIN [A-Z0-9 ]*{_BLOCK}(?s:.*?)-----END [A-Z0-9 ]*{_BLOCK}"),
    Rule("private_key", rf"-----BEGIN [A-Z0-9 ]*{_BLOCK}(?:\s|\\n|\\r|[A-Za-z0-9+/=]{{16,}})*"),
)
_BY_PROVIDER: Final = (
    Rule("aws_key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    Rule("aws_key", r"(?i)aws.{0,24}?secret.{0,24}?[=:\s][\"']?([A-Za-z0-9/+]{40})\b", is_random),
    Rule("github_token", r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    Rule("github_token", r"\bgithub_pat_[A-Za-z0-9_]{22,}\b"),
    Rule("gitlab_token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,}"),
    Rule("slack_token", r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}", is_random),
    Rule("slack_webhook", r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{20,}"),
    Rule("stripe_key", r"\b(?:(?:sk|rk)_(?:live|test)|whsec)_[A-Za-z0-9]{16,}"),
    Rule("google_key", r"\bAIza[A-Za-z0-9_-]{35}"),
    Rule("google_key", r"\b(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,}"),
    Rule("anthropic_key", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    Rule("openai_key", r"\bsk-[A-Za-z0-9_-]{20,}", is_random),
    Rule("sendgrid_key", r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,}"),
    Rule("twilio_key", r"\bSK[a-f0-9]{32}\b"),
    Rule("mailgun_key", r"\bkey-[a-f0-9]{32}\b"),
    Rule("huggingface_token", r"\bhf_[A-Za-z0-9]{30,}"),
    Rule("npm_token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    Rule("pypi_token", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    Rule("groq_key", r"\bgsk_[A-Za-z0-9]{40,}"),
    Rule("xai_key", r"\bxai-[A-Za-z0-9]{60,}"),
    Rule("digitalocean_token", r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    Rule("shopify_token", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    Rule("databricks_token", r"\bdapi[a-f0-9]{32}\b"),
    Rule("telegram_token", r"\b[0-9]{8,10}:[A-Za-z0-9_-]{35}\b"),
    Rule("discord_token", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}\b"),
)
_BY_FORM: Final = (
    Rule("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    Rule("credentials", r"\b[A-Za-z][A-Za-z0-9+.-]+://[^\s:/@\"'<>]*:([^\s/@\"'<>]{3,})@", is_no_placeholder),
    Rule("bearer_token", r"(?i)\bbearer\s+([A-Za-z0-9._~+/-]{16,}=*)", is_random),
    Rule("basic_auth", r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?basic\s+([A-Za-z0-9+/]{8,}=*)"),
    Rule("azure_key", r"\b(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,}={0,2})"),
    Rule("api_key", rf"{_KEY_NAME}[\"']?\s*(?:is|:|=|=>|：|是)\s*{_OPEN}([A-Za-z0-9_./+=-]{{16,}})", is_random),
    Rule(
        "auth_token",
        rf"(?i)\bauthorization{_SET}{_OPEN}(?:(?:token|key|api-?key|ssws)[\s=]+)?{_OPEN}([A-Za-z0-9._~+/=-]{{20,}})",
        is_token,
    ),
    Rule("secret", rf"(?i)(?:token|secret){_SET}{_OPEN}([A-Za-z0-9_./+=~-]{{12,}})", is_token),
    Rule(CARD_NUMBER, rf"(?:^|[^{_DIGITS}A-Za-z_])({_CARD})(?:$|[^{_DIGITS}A-Za-z_])", is_card_number),
)
_SAID: Final = (
    Rule("password", rf"(?i)(?:{_WORD}|(?:\b|_)(?:pwd|pass)){_SET}\"([^\"\n]{{4,128}})\"", is_pass_phrase),
    Rule("password", rf"(?i)(?:{_WORD}|(?:\b|_)(?:pwd|pass)){_SET}'([^'\n]{{4,128}})'", is_pass_phrase),
    Rule("password", rf"(?i){_WORD}[\"']?\s*[:：=]\s*{_OPEN}{_VALUE}", is_password),
    Rule("password", rf"(?i){_WORD}(?:\s[^.,;:!?\n\"“]{{1,40}}?)?\s*{_IS}\s*:?\s*{_OPEN}{_VALUE}", is_odd_password),
    Rule("password", rf"(?i)\b(?:pwd|pin|{_CLAVE})\b[\"']?\s*[:=]\s*{_OPEN}{_VALUE}", is_odd_password),
    Rule("password", rf"(?i)(?:\bpass=|\b{_CLAVE}\ses\s){_OPEN}{_VALUE}", is_odd_password),
    Rule("password", rf"\b[A-Z][A-Z0-9]*_(?:PASS|PWD){_SET}{_OPEN}{_VALUE}", is_password),
    Rule("password", rf"(?:\b[Pp]ass|_(?:pass|pwd)|\b(?i:secret)){_SET}{_OPEN}{_VALUE}", is_strong_password),
    Rule("password", rf"\b(?:pwd|PWD)\s{_OPEN}{_VALUE}", is_mixed_password),
    Rule("password", rf"{_EASTERN}\s*(?:叫|设为|設為|改成)?\s*{_OPEN}{_VALUE}", is_odd_password),
    Rule("password", r"(?i)\bPIN(?:[ -]?code)?\s(?:is|was|ist|lautet|es)\s*:?\s*([0-9]{4,8})\b"),
    Rule(
        "password",
        rf"(?i){_WHOSE}\s(?:[\w-]+\s){{0,2}}{_WORD}\s{_IS}\s{_OPEN}{_VALUE}[\"'`”*]*[.!。]?\s*(?:$|\n)",
        is_password,
    ),
)

RULES: Final = (*_PRIVATE_KEYS, *_BY_PROVIDER, *_BY_FORM, *_SAID)
