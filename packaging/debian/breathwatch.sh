#!/bin/sh
# Runs the release that `breathwatch update` has put in place, else the program of this package. It finds both from
# where it lies itself, so that it also works below another root.
here=$(dirname "$(readlink -f "$0")")
program="$here/../../../opt/breathwatch/current"
[ -x "$program/node" ] || program="$here"
# systemd says so itself; whoever calls the command by hand means the same folder.
root=$(readlink -f "$here/../../..")
: "${STATE_DIRECTORY:=${root%/}/var/lib/breathwatch}"
export STATE_DIRECTORY
exec "$program/node" --disable-warning=ExperimentalWarning "$program/dist/src/cli.js" "$@"
