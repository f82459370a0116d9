#!/usr/bin/env bash
# Run a command in a clone of HEAD on a bare Debian: no Python, no ffmpeg, nothing but git and apt. Needs root and debootstrap.
#   tests/debian.sh RELEASE COMMAND ...           tests/debian.sh trixie script/test tests/pipeline
# Debian, the clone and what they install stay in DEBIAN_ROOT (/var/tmp/haloweb-RELEASE) for the next time; delete it to
# start again. Processes and mounts end with the command. ../shared is there too, read-only.
set -euo pipefail
cd "$(dirname "$0")/.."
release=${1:?"which release of Debian? tests/debian.sh RELEASE COMMAND ..."}
shift
root=${DEBIAN_ROOT:-/var/tmp/haloweb-$release}

if [ "${IN_NAMESPACE:-}" != "$root" ]; then
  if [ ! -e "$root/etc/debian_version" ]; then
    debootstrap --variant=minbase --include=ca-certificates,git "$release" "$root" >"/tmp/debootstrap-$release.log" \
      || { tail -n 5 "/tmp/debootstrap-$release.log" >&2; rm -rf "$root"; exit 1; }
  fi
  # what this machine needs to reach package registries
  cp /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt "$root/tmp/"
  mv "$root/tmp/resolv.conf" "$root/etc/"
  mv "$root/tmp/ca-certificates.crt" "$root/etc/ssl/certs/"
  git -C "$root/srv" init --quiet haloweb
  git -C "$root/srv/haloweb" fetch --quiet --no-tags "$PWD" HEAD
  git -C "$root/srv/haloweb" reset --quiet --hard FETCH_HEAD
  IN_NAMESPACE=$root exec unshare --mount --pid --fork --kill-child "$0" "$release" "$@"
fi

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
if [ -d ../shared ]; then
  mkdir -p "$root/srv/shared"
  mount --bind -o ro "$(realpath ../shared)" "$root/srv/shared"
fi
passed=()
while read -r -d '' setting; do
  [[ $setting =~ ^(HALOWEB_|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL)|UV_|npm_config_|NODE_EXTRA_CA_CERTS|SSL_CERT_|(https?|no)_proxy) ]] \
    && passed+=("$setting")
done <"/proc/self/environ"
chroot "$root" env -i "${passed[@]}" HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  sh -c 'cd /srv/haloweb && exec "$@"' sh "$@"
