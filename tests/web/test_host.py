"""What a request says about its host breaks nothing and leads nowhere."""

import pytest

PLACES = ["/", "/send/story-tip", "/desk", "/desk/sign-in", "/healthz", "/hooks/twilio/messages", "/static/desk.js"]
WRONG = [
    "a" * 64,
    f"x.{'a' * 64}.com",
    "a..b",
    ".a",
    "a" * 300,
    "bad host",
    "[::1",
    "a:b:c",
    "a.com:99999",
    "ü.com",
    "a/b",
]


@pytest.mark.parametrize("host", WRONG)
@pytest.mark.parametrize("place", PLACES)
def test_a_host_that_cannot_be_one_is_a_bad_request_everywhere(client, place, host, caplog):
    response = client.get(place, headers={"Host": host})
    assert response.status_code == 400
    assert not caplog.records


@pytest.mark.parametrize("host", ["localhost:8000", "inbox_web:8000", "[::1]:8000", "192.0.2.7", "a.example."])
def test_a_host_of_another_name_is_served(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_a_forwarded_host_is_looked_at_as_well(environ, runtime):
    from inbox import create_app
    from inbox.bootstrap import bootstrap

    behind_proxy = create_app(bootstrap(environ | {"INBOX_TRUSTED_PROXIES": "1"}))
    assert behind_proxy.test_client().get("/", headers={"X-Forwarded-Host": "a" * 64}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/desk", "/desk/"),
        ("/desk?q=a%20b", "/desk/?q=a%20b"),
        ("//desk", "/desk/"),
        ("/desk//sign-in", "/desk/sign-in"),
    ],
)
def test_no_redirect_takes_its_host_from_the_request(client, asked, leads_to):
    path, _, query = asked.partition("?")
    response = client.get(
        "/", headers={"Host": "evil.example"}, environ_overrides={"PATH_INFO": path, "QUERY_STRING": query}
    )
    assert response.status_code == 308
    assert response.location == leads_to
