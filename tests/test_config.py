"""Settings and profile: what is wrong is said in one line that names the place."""

from pathlib import Path

import pytest

from inbox import complaints
from inbox.bootstrap import bootstrap
from inbox.config import Settings, load_settings, names
from inbox.errors import ConfigError
from inbox.profile import Guide, Link, Mailbox, Number, Profile, QuietHours, Template, load_profile

WRONG_SETTINGS = (
    ("INBOX_DATABASE_URL", "mysql://host/name"),
    ("INBOX_DATABASE_URL", "postgresql://user:password@host:port/name"),
    ("INBOX_DATABASE_URL", "nonsense"),
    ("INBOX_DATABASE_URL", "sqlite://"),
    ("INBOX_DATABASE_URL", "sqlite:///:memory:"),
    ("INBOX_REDIS_URL", "http://host"),
    ("INBOX_REDIS_URL", "redis://host:port"),
    ("INBOX_PUBLIC_URL", "inbox.example.org"),
    ("INBOX_PUBLIC_URL", "ftp://inbox.example.org"),
    ("INBOX_PUBLIC_URL", "http://"),
    ("INBOX_PUBLIC_URL", "http://[bad"),
    ("INBOX_PUBLIC_URL", "http://inbox.example.org:port"),
    ("INBOX_PUBLIC_URL", "http://inbox.example.org/?x=1"),
    ("INBOX_PUBLIC_URL", "https://inbox.example.org/ c"),
    ("INBOX_PUBLIC_URL", "https://user:hunter22@inbox.example.org"),
    ("INBOX_TRUSTED_PROXIES", "-1"),
    ("INBOX_TRUSTED_PROXIES", "some"),
    ("INBOX_REQUIRE_MFA", "perhaps"),
    ("INBOX_MAX_UPLOAD_MB", "0"),
    ("INBOX_MAX_UPLOAD_MB", "plenty"),
    ("INBOX_MIN_FILL_SECONDS", "-3"),
    ("INBOX_PUBLIC_POST_LIMIT", "a few"),
    ("INBOX_SIGN_IN_LIMIT", "10"),
    ("INBOX_SIGN_IN_LIMIT", "0 per minute"),
    ("INBOX_PUBLIC_POST_LIMIT", "30 per minute; 0 per hour"),
    ("TWILIO_ACCOUNT_SID", "AC123"),
    ("INBOX_SECRET_KEY", "short"),
    ("INBOX_STORAGE_URL", "ftp://host/folder"),
    ("INBOX_STORAGE_URL", "s3://"),
    ("INBOX_CONFIG", "/there/is/no/such/file.toml"),
    ("INBOX_DATA_DIR", "/dev/null/data"),
)

_TEMPLATE = '[[templates]]\nname = "a"\nlabel = "A"\ncontent_sid = "HX0123456789abcdef0123456789abcdef"\n'

WRONG_PROFILES = (
    ('nmae = "The Paper"', "nmae"),
    ('colour = "reddish"', "colour"),
    ('time_zone = "Asia/Taipeh"', "time_zone"),
    ('country = "Taiwan"', "country"),
    ('currency = "NT$"', "currency"),
    ('kinds = ["rumour"]', "rumour"),
    ('leave_url = "javascript:alert(1)"', "leave_url"),
    ('[invitations]\nrumour = "Tell us"', "rumour"),
    ('[[numbers]]\nnumber = "0963"\nlabel = "News"', "numbers.0.number"),
    ('[[numbers]]\nnumber = "+886900000001"', "numbers.0.label"),
    ('[[numbers]]\nnumber = "+886900000001"\nlabel = "News"\nchannels = ["fax"]', "fax"),
    ('[[numbers]]\nnumber = "+886900000001"\nlabel = "News"\nchanels = ["sms"]', "chanels"),
    ('[[mailboxes]]\naddress = "nobody"\nlabel = "News"', "mailboxes.0.address"),
    ('[[social]]\nlabel = "Ours"\nurl = "javascript:alert(1)"', "social.0.url"),
    ("name = ", "TOML"),
    (_TEMPLATE.replace("HX0", "MG0") + 'text = "Hello"', "content_sid"),
    (_TEMPLATE + 'text = "Hello {{1}}"', "name one variable for each blank"),
    (_TEMPLATE + 'text = "Hello {{2}}"\nvariables = ["name"]', "name one variable for each blank"),
    (_TEMPLATE + 'text = "Hello"\n' + _TEMPLATE + 'text = "Hello"', 'two templates have the name "a"'),
    ('[[quiet_hours]]\nsms_to = ["+886"]\nfrom = "21:00"\nto = "21:00"', "never end"),
    ('[[quiet_hours]]\nsms_to = ["+886"]\nfrom = "21:00Z"\nto = "09:00"', "newsroom's zone"),
    ('[[quiet_hours]]\nsms_to = ["886"]\nfrom = "21:00"\nto = "09:00"', "how a number begins"),
    ('[[quiet_hours]]\nsms_to = ["+886"]\nfrom = "nine"\nto = "09:00"', "from"),
    ('[[numbers]]\nnumber = "+886963563485"\nlabel = "A"\nmessaging_service = "AC1"', "messaging_service"),
)


@pytest.mark.parametrize(("name", "value"), WRONG_SETTINGS)
def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str):
    with pytest.raises(ConfigError) as error:
        bootstrap({"INBOX_DATA_DIR": str(tmp_path), name: value})

    assert str(error.value).startswith(f"{name}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "named"), WRONG_PROFILES)
def test_a_wrong_profile_is_named_in_one_line(tmp_path: Path, text: str, named: str):
    path = tmp_path / "inbox.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as error:
        load_profile(path)

    assert str(error.value).startswith("INBOX_CONFIG: ")
    assert named in str(error.value)
    assert "inbox.toml" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("INBOX_MAX_UPLOAD_MB", "plenty", "write a whole number from 1 to 100000"),
        ("INBOX_MAX_UPLOAD_MB", "0", "write a whole number from 1 to 100000"),
        ("INBOX_MAX_UPLOAD_MB", "1.5", "write a whole number from 1 to 100000"),
        ("INBOX_MIN_FILL_SECONDS", "nan", "write a number from 0 to 60"),
        ("INBOX_MIN_FILL_SECONDS", "soon", "write a number from 0 to 60"),
        ("INBOX_REQUIRE_MFA", "perhaps", "write true or false"),
        ("TWILIO_ACCOUNT_SID", "AC123", "AC and 32 digits"),
        ("TWILIO_API_KEY", "SK123", "SK and 32 digits"),
        ("INBOX_PUBLIC_URL", "https://inbox.example.org/ c", "without spaces"),
        ("INBOX_PUBLIC_URL", "https://user:hunter22@inbox.example.org", "without a user"),
        ("INBOX_SIGN_IN_LIMIT", "0 per minute", "would let nobody in"),
        ("INBOX_DATABASE_URL", "sqlite://", "name a file"),
    ],
)
def test_the_complaint_says_what_to_write(name: str, value: str, words: str):
    with pytest.raises(ConfigError) as error:
        load_settings({name: value})

    assert words in str(error.value)
    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('nmae = "The Paper"', "there is no such key"),
        ("name = 3", "write text"),
        ('languages = "en"', "write a list"),
        ('country = "Taiwan"', "two capital letters"),
        ('currency = "NT$"', "three capital letters"),
        ('[[numbers]]\nnumber = "+886900000001"', "is missing"),
        ('[[mailboxes]]\naddress = "nobody"\nlabel = "News"', "news@example.org"),
        ('numbers = "+886900000001"', "write a list"),
        ('numbers = ["+886900000001"]', "write a table"),
        ('invitations = "x"', "write a table"),
        ("logo = 3", "write a path"),
    ],
)
def test_the_complaint_about_a_profile_says_what_to_write(tmp_path: Path, text: str, words: str):
    path = tmp_path / "inbox.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as error:
        load_profile(path)

    assert words in str(error.value)


def test_every_pattern_has_its_words():
    models = (Settings, Profile, Number, Mailbox, Link, Guide, Template, QuietHours)
    fields = [field for model in models for field in model.model_fields.values()]
    patterns = {rule.pattern for field in fields for rule in field.metadata if getattr(rule, "pattern", None)}

    assert patterns == set(complaints._LIKE)


def test_a_name_that_looks_like_a_setting_and_is_none_is_told():
    environ = {
        "INBOX_PUBLIC_ULR": "https://inbox.example",
        "TWILIO_AUTH_TOKENS": "x",
        "INBOX_SOMETHING": "x",
        "INBOX_TEST_NO_SKIPS": "1",
        "INBOX_SECRET_KEY_FILE": "/run/secrets/key",
        "PATH": "/bin",
    }
    said = complaints.misspelt(environ, names())

    assert "INBOX_PUBLIC_ULR (is it INBOX_PUBLIC_URL?)" in said
    assert "TWILIO_AUTH_TOKENS (is it TWILIO_AUTH_TOKEN?)" in said
    assert "INBOX_SOMETHING" in said
    assert "TEST" not in said and "SECRET" not in said
    assert complaints.misspelt(dict.fromkeys(names(), "x"), names()) == ""


def test_a_wrong_secret_is_not_repeated_in_the_complaint():
    with pytest.raises(ConfigError) as error:
        load_settings({"INBOX_DATABASE_URL": "postgresql://user:hunter22@host:port/name"})

    assert "hunter22" not in str(error.value)


def test_a_profile_that_is_no_text_is_named(tmp_path: Path):
    path = tmp_path / "inbox.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="INBOX_CONFIG"):
        load_profile(path)


def test_an_empty_setting_is_not_set():
    names = [
        *("INBOX_DATA_DIR", "INBOX_CONFIG", "INBOX_DATABASE_URL", "INBOX_REDIS_URL", "INBOX_STORAGE_URL"),
        *("INBOX_PUBLIC_URL", "INBOX_SECRET_KEY", "INBOX_TRUSTED_PROXIES", "INBOX_REQUIRE_MFA"),
        *("INBOX_MAX_UPLOAD_MB", "INBOX_PUBLIC_POST_LIMIT", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"),
    ]

    assert load_settings(dict.fromkeys(names, "")) == load_settings({})


def test_a_secret_may_stand_in_a_file(tmp_path: Path):
    path = tmp_path / "token"
    path.write_text("from a file\n")

    settings = load_settings({"TWILIO_AUTH_TOKEN_FILE": str(path)})

    assert settings.webhook_tokens == ("from a file",)


def test_a_file_of_a_secret_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="TWILIO_AUTH_TOKEN_FILE: cannot read"):
        load_settings({"TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "missing")})
    with pytest.raises(ConfigError, match=r"TWILIO_AUTH_TOKEN_FILE: .* does not hold text"):
        load_settings({"TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "bytes")})


def test_the_present_token_comes_before_the_previous_one():
    settings = load_settings({"TWILIO_AUTH_TOKEN_PREVIOUS": "old", "TWILIO_AUTH_TOKEN": "new"})

    assert settings.webhook_tokens == ("new", "old")


def test_secrets_do_not_show_when_the_settings_are_printed():
    settings = load_settings({"TWILIO_AUTH_TOKEN": "hunter22", "INBOX_SECRET_KEY": "hunter23 and more letters"})

    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("url", ["postgres://u:p@h/n", "postgresql://u:p@h/n", "postgresql+psycopg://u:p@h/n"])
def test_every_usual_way_to_name_postgresql_is_taken(url: str):
    assert load_settings({"INBOX_DATABASE_URL": url}).database_url == "postgresql+psycopg://u:p@h/n"


def test_a_second_factor_is_asked_for_unless_the_address_is_this_machine():
    assert not load_settings({}).mfa_required
    assert load_settings({"INBOX_PUBLIC_URL": "https://inbox.example.org"}).mfa_required
    assert load_settings({"INBOX_REQUIRE_MFA": "on"}).mfa_required
    assert not load_settings({"INBOX_PUBLIC_URL": "https://inbox.example.org", "INBOX_REQUIRE_MFA": "off"}).mfa_required


def test_the_secret_key_is_made_once_and_private(tmp_path: Path):
    environ = {"INBOX_DATA_DIR": str(tmp_path / "data")}

    first, second = bootstrap(environ), bootstrap(environ)

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) > 40
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_example_profile_is_a_good_one():
    profile = load_profile(Path(__file__).parent.parent / "examples" / "dco-global-news.toml")

    assert profile.numbers
    assert profile.social


def test_the_example_offers_no_sms_where_nobody_can_answer_one():
    profile = load_profile(Path(__file__).parent.parent / "examples" / "dco-global-news.toml")

    assert not [number for number in profile.numbers if number.number.startswith("+886") and "sms" in number.channels]
