# Run as `docker run IMAGE COMMAND`, with the commands of `connector --help`; the worker where none is given.
# The base by digest: a tag may be moved. `docker buildx imagetools inspect python:3.11-slim-trixie` tells the newest
ARG BASE=python:3.11.16-slim-trixie@sha256:be1575ed968de893bd54f4c56315ff7c4736ce522c1bca08fd521731aafc0d76
FROM ${BASE} AS build
# requirements-iceberg.lock is the same with what `connector export --to iceberg` needs, 50 MB
ARG LOCK=requirements-runtime.lock
WORKDIR /app
COPY ${LOCK} requirements-build.lock ./
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r ${LOCK} \
 && pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY connector connector
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /venv/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM ${BASE}
RUN useradd --uid 10001 --home-dir /var/lib/connector --shell /usr/sbin/nologin connector \
 && install --directory --owner connector /var/lib/connector /var/lib/connector/tables /var/lib/connector/documents
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CONNECTOR_DATA_DIR=/var/lib/connector/tables \
    CONNECTOR_DOCUMENTS__URL=file:///var/lib/connector/documents \
    CONNECTOR_MERCHANTS_FILE=/etc/connector/merchants.toml \
    CONNECTOR_WEB__HOST=0.0.0.0
WORKDIR /var/lib/connector
USER connector
VOLUME /var/lib/connector
EXPOSE 6066
ENTRYPOINT ["connector"]
CMD ["worker"]
