#!/bin/sh
# Installs what is missing of debian-packages.txt. Run by `make setup`; does nothing when all is there.
set -eu
here=$(dirname "$0")
missing=""
for package in $(grep -v '^#' "$here/debian-packages.txt"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "run this as root, or install:$missing" >&2; exit 1; }
    as_root="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# Debian starts these at once, for everybody. The tests start their own; here they are not to run.
for service in kamailio mosquitto; do
    case "$missing " in
    *" $service "*)
        $as_root mkdir -p /etc/systemd/system
        unit=/etc/systemd/system/$service.service
        [ -e $unit ] || $as_root ln -s /dev/null $unit
        ;;
    esac
done
# tshark asks whether everybody may capture; the answer here is its default, no.
# shellcheck disable=SC2086
$as_root apt-get install -y -q --no-install-recommends $missing
