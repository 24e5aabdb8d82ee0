"""Secrets go, everything else stays letter for letter. Nothing in here opens anything: all of it is made up."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.event import Json
from streams.ids import Ids
from streams.ingest.decode import ReadObservation, ReadSubmission, ReadTurn
from streams.ingest.redact import redact, redact_id, redact_submission
from streams.ingest.secret_rules import RULES

IDS = Ids("a key for tests")
LETTERS = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6"
HEX = "0123456789abcdef" * 4
PEM = "-----BEGIN RSA PRIVATE KEY-----\nTUlJ" + "Qk1B" * 20 + "\n-----END RSA PRIVATE KEY-----"

SECRETS = [
    ("private_key", PEM),
    ("private_key", PEM.replace("\n", "\\n")),
    ("private_key", PEM.replace("RSA ", "OPENSSH ")),
    ("aws_key", "AKIA" + "Q7" * 8),
    ("github_token", "ghp_" + LETTERS[:36]),
    ("github_token", "github_pat_" + LETTERS[:30]),
    ("gitlab_token", "glpat-" + LETTERS[:20]),
    ("slack_token", "xoxb-123456789012-" + LETTERS[:24]),
    ("slack_webhook", "https://hooks.slack.com/services/T00000000/B00000000/" + LETTERS[:24]),
    ("stripe_key", "sk_live_" + LETTERS[:24]),
    ("google_key", "AIza" + LETTERS[:35]),
    ("google_key", "GOCSPX-" + LETTERS[:28]),
    ("anthropic_key", "sk-ant-api03-" + LETTERS),
    ("openai_key", "sk-proj-" + LETTERS),
    ("sendgrid_key", f"SG.{LETTERS[:22]}.{LETTERS[:43]}"),
    ("twilio_key", "SK" + HEX[:32]),
    ("mailgun_key", "key-" + HEX[:32]),
    ("huggingface_token", "hf_" + LETTERS[:34]),
    ("npm_token", "npm_" + LETTERS[:36]),
    ("pypi_token", "pypi-AgEIcHlwaS5vcmc" + LETTERS),
    ("groq_key", "gsk_" + LETTERS),
    ("xai_key", "xai-" + LETTERS + LETTERS),
    ("digitalocean_token", "dop_v1_" + HEX),
    ("shopify_token", "shpat_" + HEX[:32]),
    ("databricks_token", "dapi" + HEX[:32]),
    ("telegram_token", "1234567890:" + LETTERS[:35]),
    ("discord_token", f"M{LETTERS[:24]}.{LETTERS[:6]}.{LETTERS[:30]}"),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"),
    ("card_number", "4242 4242 4242 4242"),
    ("card_number", "5555-5555-5555-4444"),
    ("card_number", "378282246310005"),
    ("card_number", "6011111111111117"),
    ("card_number", "4242.4242.4242.4242"),
    ("card_number", "4242–4242–4242–4242"),
    ("card_number", "４２４２ ４２４２ ４２４２ ４２４２"),
    ("card_number", "４２４２４２４２４２４２４２４２"),
    ("card_number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"),
]

SAID = [
    ("credentials", "postgres://bob:{}@db.example.com:5432/app", "s3cr3t-pw"),
    ("aws_key", "aws secret: {}", LETTERS[:40]),
    ("bearer_token", "Authorization: Bearer {}", LETTERS[:32]),
    ("basic_auth", "Authorization: Basic {}", "Ym9iOmh1bnRlcjI="),
    ("azure_key", "AccountName=a;AccountKey={};EndpointSuffix=x", LETTERS[:40] + "=="),
    ("api_key", "my api key is {}, keep it", LETTERS[:24]),
    ("api_key", 'OTHER_ACCESS_TOKEN="{}"', LETTERS[:24]),
    ("password", "my password is {}, don't tell", "hunter2"),
    ("password", "My old password is {}.", "swordfish"),
    ("password", "The wifi password is {}!", "Blue42"),
    ("password", "Password: {}", "correct-horse-9"),
    ("password", "wifi password: {}", "sunflower"),
    ("password", "the password for the router is {} I think", "adm1n"),
    ("password", '{{"password":"{}","user":"bob"}}', "hunter2"),
    ("password", "pwd={}", "Tr0ub4dor&3"),
    ("password", "My PIN is {}.", "4921"),
    ("password", "Mein Passwort lautet {}.", "geheim99"),
    ("password", "mein Passwort ist {}.", "sonnenblume"),
    ("password", "mi contraseña es {}", "gato1234"),
    ("password", "Mi clave es {}", "luna2020"),
    ("password", "mon mot de passe est {}", "soleil22"),
    ("password", "我的密码是{}，别告诉别人", "abc12345"),
    ("password", "密码：{}", "qwerty88"),
    ("password", "パスワードは{}です", "sakura77"),
    ("auth_token", "Authorization: Token {}", HEX[:40]),
    ("auth_token", "Authorization: {}", LETTERS[:32]),
    ("secret", "token: {}", "abcdef1234567890abcd"),
    ("secret", "secret={}", "abcDEF123456"),
    ("secret", '{{"X-Csrf-Token": "{}"}}', "550e8400-e29b-41d4-a716-446655440000"),
    ("password", "secret = {}, you know", "s3cr3t!pw9"),
    ("password", "DB_PASS={}!", "s3cr3tpw"),
    ("password", "export SMTP_PWD={}", "swordfish"),
    ("password", "db_pass: {}", "s3cr3t#pw"),
    ("password", "user: bob, pass: {}", "tr0ub4dor&3"),
    ("password", "pwd {}!", "hunter2"),
    ("password", "PASSWORD='{}'", "correct horse battery"),
    ("password", '{{"password": "{}"}}', "purple monkey dishwasher 7"),
]

HARMLESS = [
    "my password is not working",
    "my password is hard to remember",
    "the secret: love",
    "Secret: a walk in the park",
    "token: a word",
    "token: gpt-4-turbo-2024-04-09, 0.000015USD each",
    "max_tokens: 4096, tokens per second: 1234.5678",
    "token=self.config.token2abc4 or process.env.TOKEN_1234abcd",
    "--- PASS: TestFoo2Bar (0.00s)",
    "pass: 95%, two_pass=0.75, season pass: Winter2024",
    "pwd /home/user1 && pwd C:\\Users\\bob12",
    'label_password = "Enter your password"',
    'password: "Must be at least 8 characters"',
    "Authorization: AWS4-HMAC-SHA256 or Authorization: required",
    "version 4.2.4.2.4.2.4.2.4.2.4.2.4.2.4.2, 4111.1111.1111.1112",
    "My password is too weak.",
    "the password is wrong",
    "Password required, please reset your password: required",
    "password = getpass.getpass()",
    "password: ${DB_PASSWORD}",
    "Password: [your password]",
    "password: ********",
    "const apiKey = process.env.OPENWEATHER_API_KEY;",
    "API_KEY=your_api_key_here",
    "new WebClient('xoxb-your-slack-token')",
    "Modeline 63.50  1024 1072 1176 1328  768 771 775 798",
    "call me at +49 170 1234567 or 4111 2222",
    "order 1234567890123456, ref 4111111111111112",
    "the bearer of this internationalization letter",
    "http://user@example.com:8080/path and mailto:ann@example.com",
    "sk-learn and sk-something-quite-long-without-numbers",
    "My PIN is on the card. Boarding pass: AB1234",
    "La clave: practicar cada día",
    "我的密码忘了，怎么办？",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "550e8400-e29b-41d4-a716-446655440000",
    "../../../../etc/passwd",
]


@pytest.mark.parametrize(("kind", "secret"), SECRETS, ids=lambda value: value[:18])
def test_a_secret_is_replaced_wherever_it_stands(kind: str, secret: str) -> None:
    for before, after in (("", ""), ("here: ", ", ok?"), ("我的 ", "。"), ('("', '")')):
        found: Counter[str] = Counter()
        assert redact(before + secret + after, found) == f"{before}[REDACTED:{kind}]{after}"
        assert found == {kind: 1}


@pytest.mark.parametrize(("kind", "said", "secret"), SAID, ids=lambda value: value[:18])
def test_a_secret_said_in_talk_is_replaced_and_the_talk_stays(kind: str, said: str, secret: str) -> None:
    found: Counter[str] = Counter()
    assert redact(said.format(secret), found) == said.format(f"[REDACTED:{kind}]")
    assert found == {kind: 1}


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_stays_letter_for_letter(text: str) -> None:
    found: Counter[str] = Counter()
    assert redact(text, found) == text
    assert not found


def test_a_key_without_its_end_is_no_key_for_long() -> None:
    cut = PEM.partition("-----END")[0]
    assert redact(cut + "and then it broke", Counter()) == "[REDACTED:private_key]and then it broke"


def test_every_kind_has_an_example() -> None:
    assert {rule.kind for rule in RULES} == {kind for kind, _ in SECRETS} | {kind for kind, _, _ in SAID}


pieces = st.sampled_from(
    [secret for _, secret in SECRETS] + [said.format(secret) for _, said, secret in SAID] + HARMLESS
    + ["password", "my ", ":", " ", "is", "\n", "=", '"', "[REDACTED:password]", "1", "4"]
)  # fmt: skip


@given(st.lists(pieces | st.text(max_size=5), max_size=8).map("".join))
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text, Counter())
    assert redact(once, Counter()) == once


@given(st.lists(pieces | st.text(max_size=5), min_size=1, max_size=6))
def test_the_look_at_all_texts_together_misses_nothing(texts: list[str]) -> None:
    sent = ReadSubmission("s", None, tuple(ReadTurn("user", text, None, None, None) for text in texts))
    redactions: Counter[str] = Counter()
    found: Counter[str] = Counter()
    cleaned = redact_submission(IDS, sent, redactions)
    assert [turn.text for turn in cleaned.turns] == [redact(text, found) for text in texts]
    assert redactions == found


def test_every_text_of_a_submission_is_looked_at() -> None:
    secret = "sk_live_" + LETTERS[:24]
    mark = "[REDACTED:stripe_key]"
    named = redact_id(IDS, secret, Counter())
    assert named.startswith(f"{mark}#")

    def submission(text: str, name: str) -> ReadSubmission:
        observation = ReadObservation(text, text, 0.5, None)
        return ReadSubmission(
            session_id=name, job_id=name, turns=(ReadTurn("user", text, text, None, name, (observation,)),),
            context=text, title=text, document_id=name, collection_id=name, tags=(text, "b"),
            metadata={text: text, "a": [{text: [text, 1, None]}]}, entities=((text, text),),
        )  # fmt: skip

    found: Counter[str] = Counter()
    assert redact_submission(IDS, submission(secret, secret), found) == submission(mark, named)
    assert found == {"stripe_key": 18}


@pytest.mark.parametrize("place", range(19))
def test_a_secret_in_one_place_alone_is_found(place: int) -> None:
    texts = ["x"] * 19
    texts[place] = "sk_live_" + LETTERS[:24]
    t = iter(texts)
    observation = ReadObservation(next(t), next(t), None, None)
    sent = ReadSubmission(
        session_id=next(t), job_id=next(t), turns=(ReadTurn("user", next(t), next(t), None, next(t), (observation,)),),
        context=next(t), title=next(t), document_id=next(t), collection_id=next(t), tags=(next(t),),
        metadata={next(t): next(t), "a": [{next(t): [next(t), next(t)]}]}, entities=((next(t), next(t)),),
    )  # fmt: skip
    found: Counter[str] = Counter()
    redact_submission(IDS, sent, found)
    assert found == {"stripe_key": 1}


def test_ids_that_hold_secrets_stay_apart_and_the_same() -> None:
    keys = [f"run AKIA{letter * 16}" for letter in "AB"]
    written = [redact_id(IDS, key, Counter()) for key in (*keys, keys[0])]
    assert written[0] == written[2] != written[1]
    assert all(re.fullmatch(r"run \[REDACTED:aws_key\]#[0-9a-f]{16}", name) for name in written)
    assert redact_id(IDS, "run 7", Counter()) == "run 7"
    assert redact_id(Ids("another key"), keys[0], Counter()) != written[0]


def test_a_card_number_among_the_numbers_of_metadata_is_replaced_and_others_keep_their_type() -> None:
    metadata: dict[str, Json] = {"card": 4111111111111111, "deep": [{"a": 4111111111111111}], "n": 4111111111111112}
    sent = ReadSubmission("s", None, (), metadata=metadata)
    found: Counter[str] = Counter()
    mark = "[REDACTED:card_number]"
    cleaned = redact_submission(IDS, sent, found)
    assert cleaned.metadata == {"card": mark, "deep": [{"a": mark}], "n": 4111111111111112}
    assert found == {"card_number": 2}
