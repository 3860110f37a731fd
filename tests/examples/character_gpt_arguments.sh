#!/usr/bin/env bash
# Bad arguments and bad files: exit status 2 and a message of what, where, expected, found.
#   character_gpt_arguments.sh PROGRAM TEXT
set -u
program=$1 text=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

# expect STATUS MESSAGE ARGUMENTS...
expect() {
  local status=$1 message=$2 output
  output=$("$program" "${@:3}" 2>&1 > /dev/null < /dev/null)
  local found=$?
  if [ $found -ne "$status" ] || [[ $output != *"$message"* ]]; then
    echo "FAILED: ${*:3}: expected status $status and '$message', found status $found and '$output'"
    failures=$((failures + 1))
  fi
}

expect 2 "expected a command, train or generate, found none"
expect 2 "--steps: expected a whole number from 1 to 1000000000, found 'abc'" train --steps abc
expect 2 "--threads: expected a whole number from 1 to 1024, found '0'" train --threads 0
expect 2 "--steps: expected a value after it, found none" train --steps
expect 2 "--data: expected a file or a folder, found nothing at '$folder/none'" train --data "$folder/none"
expect 2 "--resume: expected a file, found the folder '$folder'" train --resume "$folder"
expect 2 "--model is required" generate
expect 2 "--top-p: expected a number from 0 to 1, found '2'" generate --model "$text" --top-p 2
expect 2 "--sideways" train --sideways
expect 0 "" --help
expect 0 "" train --help

echo "too short" > "$folder/short"
expect 2 "$folder/short: expected at least" train --data "$folder/short" --out "$folder/out"
expect 2 "workshop.txt" generate --model "$text"
expect 2 "workshop.txt" train --resume "$text"
: > "$folder/file"
expect 2 "$folder/file" train --data "$text" --steps 1 --out "$folder/file"
odd=$(printf 'text\377')
cp "$text" "$folder/$odd"
expect 2 "not UTF-8" train --data "$folder/$odd" --steps 1 --out "$folder/unused"
[ ! -e "$folder/unused" ] || { echo "FAILED: a path that no checkpoint can name was found after training began"; failures=$((failures + 1)); }
[ $failures -eq 0 ] && echo "passed"
exit $failures
