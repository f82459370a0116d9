# HaloWeb with its workers in one container: docs/containers.md. What is set up, and how, stands in script/bootstrap.
# python:3.13-slim-trixie, for example, works as well: docs/systems.md
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}

# Where pip looks for packages besides its usual place, or instead of it: another index gives a PyTorch for processors alone.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
# What is optional, by the names of requirements-NAME.txt: "import s3"
ARG EXTRAS=""

WORKDIR /haloweb
RUN useradd --uid 1000 --create-home haloweb && install -d -o haloweb -g haloweb /data /media

# What takes minutes comes first, and depends on the versions alone. /data has its tables made at the start.
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
# Everything ends within 20 s of SIGTERM; docker kills after 10 unless it is told otherwise (compose.yaml does).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m CMD [".venv/bin/python", "-m", "haloweb.health"]
CMD ["script/server"]
