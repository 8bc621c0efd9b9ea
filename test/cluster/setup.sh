#!/bin/sh
# Installs the Debian packages that the local Kubernetes and the image builds use, where they are missing,
# we are root and apt-get is here. Otherwise it says what is missing and goes on: clusters then come up
# without a node, which is enough for many tests.
set -eu

PATH=$PATH:/usr/sbin:/sbin
missing=
need() { # need PROGRAM PACKAGE: the program counts, whoever brought it
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need containerd containerd
need runc runc
need nft nftables
need iptables iptables
need conntrack conntrack
need ip iproute2
need openssl openssl
need git git
need docker-registry docker-registry
need sshd openssh-server
need buildah buildah
need mmdebstrap mmdebstrap
# For the attack by clocks.
[ -n "$(ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null)" ] || missing="$missing libfaketime"
# For the attack on the API, which runs in a Python environment of its own.
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || missing="$missing python3-venv"
[ -x /usr/lib/cni/ptp ] || missing="$missing containernetworking-plugins"

[ -n "$missing" ] || exit 0
install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "cluster: for clusters with a real node, as root on Debian: $install" >&2
  exit 0
fi
echo "cluster: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
$install -qq >&2
