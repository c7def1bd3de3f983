# The base gives Python and glibc to what is built; nothing else of it is in the image, which begins from scratch.
# Any Debian-based image with Python 3.11 or later and its venv module does: docs/image.md.
ARG BASE=docker.io/library/python:3.14.7-slim-trixie@sha256:51dafde81dbdb6ebde285137a295cf18a47ca95234fe388a343719cb97305b3d

# hadolint ignore=DL3006
FROM ${BASE} AS wheel
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY requirements/build.txt requirements/
RUN python3 -m venv /build \
 && /build/bin/python -m pip install --quiet --require-hashes --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY webhook webhook
COPY certs certs
RUN /build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels .

# hadolint ignore=DL3006
FROM ${BASE} AS root
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY requirements/runtime.txt requirements/
# pip stays in an environment of its own.
RUN python3 -m venv /pip \
 && python3 -m venv --without-pip /opt/hf-token-injector \
 && /pip/bin/python -m pip --python /opt/hf-token-injector/bin/python install --quiet --no-compile \
      --only-binary=:all: --require-hashes --requirement requirements/runtime.txt
COPY --from=wheel /wheels /wheels
RUN /pip/bin/python -m pip --python /opt/hf-token-injector/bin/python install --quiet --no-compile --no-deps /wheels/*.whl
COPY scripts/image_root.py scripts/
RUN /opt/hf-token-injector/bin/python scripts/image_root.py /image

FROM scratch
COPY --from=root /image/ /
ENV PATH=/opt/hf-token-injector/bin \
    LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# By number: kubelet checks runAsNonRoot against it.
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["hf-token-injector"]
CMD ["--help"]
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="hf-token-injector" \
      org.opencontainers.image.description="Admission webhook that makes private and gated Hugging Face models just work on KServe" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
