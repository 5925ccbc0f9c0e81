"""A broker that wants tokens: an identity provider's on one listener, on another such as Amazon MSK takes."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.kit.aws import REGION
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.server import JarServer, free_port, properties
from tests.kit.secure_kafka import Authority, missing_tools
from tests.kit.tokens.identity_provider import AUDIENCE, ISSUER

SESSION_MS = 4000
"""How long a login holds at most: Kafka closes a connection that is used after that without a new one."""

ACCESS_KEY = "AKIDINVENTED"

ACCESS_DENIED = "[6ad8e7d6-f5f0-41c9-930f-26cc577779ed]: Access denied"
"""What Amazon MSK says, whatever it has against a token."""

_PACKAGE = "org.apache.kafka.common.security.oauthbearer"
_HANDLER = """
import java.nio.charset.StandardCharsets;
import java.util.*;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.*;

/** Takes what MSK's signer makes, by its form: the signature itself can be judged by AWS alone. */
public class SignedRequests implements AuthenticateCallbackHandler {
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) { }
    public void close() { }
    public void handle(Callback[] callbacks) {
        for (Callback callback : callbacks)
            if (callback instanceof OAuthBearerValidatorCallback)
                validate((OAuthBearerValidatorCallback) callback);
    }
    private void validate(OAuthBearerValidatorCallback asked) {
        String url;
        try {
            url = new String(Base64.getUrlDecoder().decode(asked.tokenValue()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException wrong) {
            url = "";
        }
        if (!url.startsWith("https://kafka.REGION.amazonaws.com/?Action=kafka-cluster%3AConnect&")
                || !url.contains("X-Amz-Credential=ACCESS_KEY%2F") || !url.contains("&X-Amz-Signature="))
            throw new SaslAuthenticationException("ACCESS_DENIED");
        asked.token(new OAuthBearerToken() {
            public String value() { return asked.tokenValue(); }
            public Set<String> scope() { return Collections.emptySet(); }
            public long lifetimeMs() { return System.currentTimeMillis() + 900000; }
            public String principalName() { return "ACCESS_KEY"; }
            public Long startTimeMs() { return null; }
        });
    }
}
"""


class TokenServer(JarServer):
    """`port`: of a listener that asks nothing, for tests. `oauth`, `iam`: ports; behind `iam` is TLS."""

    def __init__(self, authority: Authority, keys_file: Path) -> None:
        missing_tools("javac")
        self._keys, classes = keys_file.as_uri(), keys_file.parent
        allowed = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self._keys}"
        super().__init__(properties, (allowed,), classes)
        self.oauth, self.iam = free_port(), free_port()
        source = classes / "SignedRequests.java"
        source.write_text(
            _HANDLER.replace("REGION", REGION).replace("ACCESS_KEY", ACCESS_KEY).replace("ACCESS_DENIED", ACCESS_DENIED)
        )
        compiled = ["javac", "-cp", str(self._jars), "-d", str(classes), str(source)]
        subprocess.run(compiled, check=True, capture_output=True)
        with self._config.open("a") as config:
            more = self._more(authority.server("token"))
            config.writelines(f"{name}={value}\n" for name, value in more.items())

    def _more(self, keystore: Path) -> Mapping[str, str]:
        own = dict(line.split("=", 1) for line in self._config.read_text().splitlines())
        asked = f"OAUTH://127.0.0.1:{self.oauth},IAM://127.0.0.1:{self.iam}"
        login = f"{_PACKAGE}.OAuthBearerLoginModule required;"
        oauth, iam = "listener.name.oauth", "listener.name.iam"
        handler = "oauthbearer.sasl.server.callback.handler.class"
        return {
            "listeners": f"{own['listeners']},{asked}",
            "advertised.listeners": f"{own['advertised.listeners']},{asked}",
            "listener.security.protocol.map": (
                f"{own['listener.security.protocol.map']},OAUTH:SASL_PLAINTEXT,IAM:SASL_SSL"
            ),
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "OAUTHBEARER",
            f"{oauth}.oauthbearer.sasl.jaas.config": login,
            f"{oauth}.{handler}": f"{_PACKAGE}.OAuthBearerValidatorCallbackHandler",
            f"{oauth}.oauthbearer.connections.max.reauth.ms": str(SESSION_MS),
            # 4.1.0's own default, DefaultJwtValidator, looks at no signature
            "sasl.oauthbearer.jwt.validator.class": f"{_PACKAGE}.BrokerJwtValidator",
            "sasl.oauthbearer.jwks.endpoint.url": self._keys,
            "sasl.oauthbearer.expected.audience": AUDIENCE,
            "sasl.oauthbearer.expected.issuer": ISSUER,
            f"{iam}.oauthbearer.sasl.jaas.config": login,
            f"{iam}.{handler}": "SignedRequests",
            f"{iam}.ssl.keystore.type": "PEM",
            f"{iam}.ssl.keystore.location": str(keystore),
        }


def start_token_server(authority: Authority, keys_file: Path) -> TokenServer:
    """Raises BrokerUnavailable."""
    server = TokenServer(authority, keys_file)
    server.start()
    Broker(f"127.0.0.1:{server.port}", None).wait_ready()
    return server
