#!/bin/sh
# Runs the member of a line of a list: member.sh LIST INDEX SCRIPT. Its exit code is written when it has ended, so that whoever comes later knows.
root=$(cd "$(dirname "$0")" && pwd)
member=$(sed -n "$(($2 + 1))p" "$root/$1")
folder="$root/members/$member"
cd "$folder" || exit 1
[ "$(cat exit 2>/dev/null)" = 0 ] && exit 0
rm -f exit
python3 "$root/$3" "$folder" --wait-parent >>trainer.out 2>>trainer.err
code=$?
echo "$code" >exit.part && mv exit.part exit
exit "$code"
