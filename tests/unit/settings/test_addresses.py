"""Settings that name a place: one form for all clients, a remedy by name, and never a password in what is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.settings.addresses import (
    checked_brokers,
    checked_documents_url,
    checked_hosts,
    checked_url,
    urls_with_passwords,
    without_user,
)

PASSWORDS = ("s3cret", "s3/cret", "s3@cret", "s3:cret", "s3?cret", "s3#cret", "s3%2Fcret", "[s3cret")


@pytest.mark.parametrize(
    ("given_as", "taken"),
    [
        ("k1:9092", "k1:9092"),
        (" k1:9092 , k2.example.com:9093", "k1:9092,k2.example.com:9093"),
        ("kafka_1:1,127.0.0.1:65535", "kafka_1:1,127.0.0.1:65535"),
        ("[::1]:9092", "[::1]:9092"),
    ],
)
def test_brokers(given_as: str, taken: str) -> None:
    assert checked_brokers(given_as) == taken


@pytest.mark.parametrize(
    "wrong",
    [
        *("PLAINTEXT://k:9092", "SASL_SSL://k:9092", "kafka://k", "k1:9092,SSL://k2:9092", "://k:9092"),
        *("k", "k:", ":9092", "k:port", "k:0", "k:65536", "k:99999999", "k:9092/", "k:9092:9092"),
        *("", ",", "k:9092,", ",k:9092", "k1:9092,,k2:9092", "k1:9092 k2:9092", "k1:9092;k2:9092", "k 1:9092"),
        *("::1", "::1:9092", "[::1]", "2001:db8::1:9092", "[k]:9092", "user:s3cret@k:9092", "s3cret@k:9092"),
    ],
)
def test_wrong_brokers_are_refused_with_the_remedy(wrong: str) -> None:
    with pytest.raises(ValueError, match="host:port") as refused:
        checked_brokers(wrong)
    assert "s3cret" not in str(refused.value)


@given(st.text(st.sampled_from("ab1.:-_/,@[] "), max_size=12))
def test_brokers_are_taken_in_one_form_or_refused(text: str) -> None:
    try:
        taken = checked_brokers(text)
    except ValueError:
        return
    for part in taken.split(","):
        host, _, port = part.rpartition(":")
        assert host
        assert 0 < int(port) < 65_536
    assert checked_brokers(taken) == taken


@pytest.mark.parametrize("url", ["http://h", "https://h:8443/a/b", "http://[::1]:80/x", ""])
def test_urls(url: str) -> None:
    assert checked_url(url) == checked_url(f"{url}/" if url else "") == url


@pytest.mark.parametrize(
    "wrong",
    [
        *("h", "h:80", "https//h", "ftp://h", "http://", "http:///x", "http://h:99999", "http://h:x", "http://[::1"),
        *("http://[x]/", "http://h/a b", "http://h/?s3cret=1", "http://h/#s3cret"),
    ],
)
def test_wrong_urls_are_refused_and_not_quoted(wrong: str) -> None:
    with pytest.raises(ValueError, match="URL") as refused:
        checked_url(wrong)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("check", [checked_url, checked_documents_url])
def test_a_password_in_a_url_is_refused_and_shown_nowhere(check: object, password: str) -> None:
    scheme = "http" if check is checked_url else "s3"
    assert callable(check)
    with pytest.raises(ValueError, match=r"URL|file:///") as refused:
        check(f"{scheme}://user:{password}@host.example.com/path")
    assert "cret" not in str(refused.value)


def test_the_url_is_shown_without_it() -> None:
    with pytest.raises(ValueError, match=r"http://host\.example\.com:80/path$"):
        checked_url("http://user:s3cret@host.example.com:80/path")


@pytest.mark.parametrize("url", ["file:///var/documents", "file:///my documents", "s3://bucket", "s3://bucket/a/b"])
def test_documents_urls(url: str) -> None:
    assert checked_documents_url(f"{url}/") == url


@pytest.mark.parametrize("wrong", ["file:///a?s3cret", "s3://b/p?k=s3cret", "s3://b#s3cret"])
def test_a_documents_url_has_nothing_behind_it(wrong: str) -> None:
    with pytest.raises(ValueError, match="file:///directory or s3://bucket/prefix") as refused:
        checked_documents_url(wrong)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("wrong", ["", "/var", "file://", "file://host/x", "s3://", "http://h", "s3:/b", "s3://[b"])
def test_wrong_documents_urls(wrong: str) -> None:
    with pytest.raises(ValueError, match="file:///directory or s3://bucket/prefix"):
        checked_documents_url(wrong)


@pytest.mark.parametrize("url", ["http://user:s3cret@h:80/x", "user:s3cret@h:80", "http://u:s3/cret@[h", "s3cret@h"])
def test_a_url_is_shown_without_its_user(url: str) -> None:
    assert "cret" not in without_user(url)
    assert without_user("http://h:80/x") == "http://h:80/x"


@pytest.mark.parametrize(
    "name",
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "CONNECTOR_WORKERS"],
)
@pytest.mark.parametrize("url", ["http://user:s3cret@h:80", "user:s3cret@h:80", "http://u:s3/cret@h"])
def test_variables_of_others_are_refused_by_name(name: str, url: str) -> None:
    (told,) = urls_with_passwords({name: url, "HTTPS_PROXY": url, "OTHER": url})
    assert told.startswith(f"{name}: give the URL without a user or password; ")
    assert "cret" not in told
    assert urls_with_passwords({name: "http://h:80"}) == []


@pytest.mark.parametrize(
    ("value", "taken"),
    [("", ""), ("files.example.com", "files.example.com"), (" a.example , b.example ", "a.example,b.example")],
)
def test_hosts_of_label_files(value: str, taken: str) -> None:
    assert checked_hosts(value) == taken


@pytest.mark.parametrize(
    "wrong", ["com", "https://a.example", "a.example:443", "a.example,", "*.example.com", "a..b", "."]
)
def test_what_is_no_list_of_hosts_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"files\.example\.com"):
        checked_hosts(wrong)
