#!/bin/sh
# Runs the release that `breathwatch update` has put in place, else the program of this package. It finds both from
# where it lies itself, so that it also works below another root.
here=$(dirname "$(readlink -f "$0")")
program="$here/../../../opt/breathwatch/current"
[ -x "$program/node" ] || program="$here"
exec "$program/node" --disable-warning=ExperimentalWarning "$program/dist/src/cli.js" "$@"
