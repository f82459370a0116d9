# HaloWeb with its workers in one container: docs/containers.md. script/bootstrap installs everything.
# Another BASE, such as python:3.13-slim-trixie, works too: docs/systems.md
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}

# Package indexes for pip, in addition to its default or instead of it: another index has PyTorch for processors only.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
# Optional packages, by the names of requirements-NAME.txt: "import s3"
ARG EXTRAS=""

WORKDIR /haloweb
RUN useradd --uid 1000 --create-home haloweb && install -d -o haloweb -g haloweb /data /media

# The slow steps come first and depend on the versions only. The start of the container creates the tables in /data.
COPY script/bootstrap script/
COPY requirements*.txt constraints.txt ./
RUN script/bootstrap --worker \
    && for name in ${EXTRAS}; do .venv/bin/python -m pip install --quiet -r "requirements-$name.txt" || exit 1; done \
    && rm -rf /var/lib/apt/lists/* /root/.cache

COPY package.json package-lock.json ./
COPY script/vendor.txt script/
RUN script/bootstrap --image && rm -rf node_modules /root/.npm

COPY . .
RUN .venv/bin/python -m compileall -q haloweb upscaler

USER haloweb
ENV HALOWEB_DATA=/data HALOWEB_HOST=0.0.0.0 HALOWEB_PORT=8000 NVIDIA_DRIVER_CAPABILITIES=compute,utility,video
VOLUME /data
EXPOSE 8000
# Everything ends within 20 s of SIGTERM; docker's default is 10, which compose.yaml raises.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m CMD [".venv/bin/python", "-m", "haloweb.health"]
CMD ["script/server"]
