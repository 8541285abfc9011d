# docker build -t policyscan . && docker run --rm -v "$PWD:/work:ro" policyscan scan
# Debian, as google-re2 has no wheel for Alpine's C library.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements/run.txt requirements/run.txt
RUN python -m venv /opt/policyscan \
 && /opt/policyscan/bin/python -m pip install --no-cache-dir --require-hashes --requirement requirements/run.txt
COPY LICENSE README.md pyproject.toml ./
COPY src src
COPY policies policies
RUN /opt/policyscan/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="policyscan" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/policyscan/policyscan"
# git, whatever its version: it is read, and belongs to somebody else than who reads it here.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory '*' \
 && useradd --uid 10001 --create-home scan
COPY --from=build /opt/policyscan /opt/policyscan
ENV PATH=/opt/policyscan/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /work
ENTRYPOINT ["policyscan"]
CMD ["scan"]
