#!/usr/bin/env bash
# The comparison on seven kilobytes of text: what it states, what it leaves, and what it refuses.
#   language_models.sh PROGRAM TEXTS [STEPS]      with fewer than 120 steps the results are not looked at
set -u
program=$1 texts=$2 steps=${3:-120}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $*"
  tail -n 40 "$folder"/*.log
  exit 1
}
cat "$texts/workshop.txt" "$texts/text.hpp" > "$folder/text"
run() { "$program" --data "$folder/text" --sample 90 --steps "$steps" "$@"; }

run --threads 1 --out "$folder/one" > "$folder/one.log" 2>&1 || fail "the run"
table="$folder/one/table.csv"
# bits NAME KIND; the empty kind is the only one of that name
bits() { awk -F, -v name="$1" -v kind="$2" '$1 == name && (kind == "" || $2 == kind) { print $5; exit }' "$table"; }
size() { awk -F, -v name="$1" '$1 == name { print $3; exit }' "$table"; }
holds() { awk "BEGIN { exit !($1) }" || fail "expected $1 ($2)"; }

# Three models of the same size, within a tenth; the n-gram says how many counts it has.
for a in Elman LSTM transformer; do
  for b in Elman LSTM transformer; do holds "$(size $a) <= 1.1 * $(size $b)" "parameters of $a and $b"; done
done
holds "$(size 5-gram) > 5000 && $(size 5-gram) < 20000" "counts of the 5-gram"
grep -q "5-gram *modified Kneser-Ney *9 [0-9]* counts" "$folder/one.log" || fail "no counts in the table"

if [ "$steps" -ge 120 ]; then
  # What the program shows on little text: counting with the right smoothing is ahead of all that learns, the LSTM is ahead
  # of Elman's network, and without smoothing a model takes what is new for impossible.
  [ "$(bits 5-gram 'maximum likelihood')" = inf ] || fail "maximum likelihood found nothing impossible"
  modified=$(bits 5-gram "modified Kneser-Ney")
  holds "$modified < 2.8" "the 5-gram"
  holds "$modified < $(bits 5-gram Witten-Bell) - 0.1" "modified Kneser-Ney and Witten-Bell"
  holds "$modified < $(bits 2-gram '') - 0.5" "a longer context and a shorter one"
  holds "$modified < $(bits LSTM '') - 0.1 && $(bits LSTM '') < $(bits Elman '') - 0.1" "the 5-gram, the LSTM, Elman's network"
  holds "$(bits LSTM '') < 3 && $(bits Elman '') < 3.3 && $(bits transformer '') < 4.5" "all have learned"
fi

# A sample of each model at each temperature; curves as numbers and as a picture.
[ "$(grep -c ", temperature [0-9.]*:" "$folder/one/samples.txt")" -eq 12 ] || fail "expected 12 samples"
for name in 5-gram Elman LSTM transformer; do
  grep -q "^$name," "$folder/one/curves.csv" || fail "no curve of $name"
  grep -q ">$name<" "$folder/one/curves.svg" || fail "$name is not in the picture"
done
grep -q "</svg>" "$folder/one/curves.svg" || fail "no picture"

# The result does not depend on the number of threads.
run --threads 2 --out "$folder/two" > "$folder/two.log" 2>&1 || fail "the run on two threads"
for file in curves.csv table.csv samples.txt; do cmp "$folder/one/$file" "$folder/two/$file" || fail "$file differs"; done

# Mistakes, and Ctrl-C.
expect() {
  local message=$1 output
  output=$("$program" "${@:2}" 2>&1 > /dev/null < /dev/null)
  [ $? -eq 2 ] && [[ $output == *"$message"* ]] || fail "${*:2}: expected status 2 and '$message', found '$output'"
}
echo "too short" > "$folder/short"
expect "$folder/short: expected at least 1 300 bytes of text, found 10" --data "$folder/short" --out "$folder/unused"
expect "--steps: expected a whole number from 1 to 1000000000, found '0'" --steps 0
expect "--data: expected a file or a folder, found nothing at '$folder/none'" --data "$folder/none"
"$program" --help | grep -q -- "--steps N" || fail "no help"
"$program" --data "$folder/text" --steps 1000000 --threads 1 --out "$folder/stopped" > "$folder/stopped.log" 2>&1 &
process=$!
until grep -q "Elman  step" "$folder/stopped.log"; do
  kill -0 $process 2> /dev/null || fail "the long run ended by itself"
  sleep 0.05
done
kill -INT $process
wait $process
[ $? -eq 130 ] || fail "the status after Ctrl-C is not 130"
grep -q "Interrupted" "$folder/stopped.log" || fail "Ctrl-C is not answered"
echo "passed"
