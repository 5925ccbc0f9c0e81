"""Traces go to an OpenTelemetry collector where the usual OTEL_ variables name one, and nowhere otherwise.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/: sampling, batches, headers, time-outs
and resource attributes are read by OpenTelemetry's own SDK.
"""

import os
import time
from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connector.errors import SettingsError
from connector.settings import Settings

if TYPE_CHECKING:  # half a second of a start, for nobody who has no traces
    from connector.tracing.traces import Traces

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
EXPORTER, DISABLED = "OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED"
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Raises SettingsError for an exporter or a protocol that is not spoken here."""
    exporter = environment.get(EXPORTER, "")
    named = exporter or any(environment.get(name) for name in ENDPOINTS)
    if not named or exporter == "none" or environment.get(DISABLED, "").lower() == "true":
        return False
    faults = [] if exporter in ("", "otlp") else [f"{EXPORTER}: {exporter} is not known here; set otlp, or none"]
    faults += [
        f"{name}: {protocol} is not spoken here; set {SPOKEN}, which collectors take at port 4318"
        for name in PROTOCOLS
        if (protocol := environment.get(name, "")) not in ("", SPOKEN)
    ]
    if faults:
        raise SettingsError(faults)
    return True


def open_traces(settings: Settings) -> "Traces | None":
    """None where nobody takes them. Connects to nothing yet. Raises SettingsError."""
    if not is_wanted(os.environ):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from connector.tracing.traces import Traces

    version = metadata.version("smartconnect-connector")
    given = {SERVICE_VERSION: version, SERVICE_INSTANCE_ID: settings.instance}
    if "OTEL_SERVICE_NAME" not in os.environ:
        given[SERVICE_NAME] = settings.app_id
    provider = TracerProvider(resource=Resource.create(given), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    url = urlsplit(str(settings.smartconnect.base_url))
    return Traces(
        provider.get_tracer("connector", version),
        group=settings.app_id,
        server=(url.hostname or "", url.port or (443 if url.scheme == "https" else 80)),
        now_ns=time.time_ns,
        on_close=provider.shutdown,
    )
