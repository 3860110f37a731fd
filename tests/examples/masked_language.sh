#!/usr/bin/env bash
# masked_language at reduced size, on a made-up text with a grammar and subjects: the stated results, gaps, neighbours, pictures, the
# same bits for any number of threads, mistakes.
#   masked_language.sh PROGRAM [full]      without "full" the steps are too few for the results, and enough for every line
program=$1 size=${2:-}
. "$(dirname "$0")/program.sh"
# Sentences of seven words and signs; the subject changes every forty of them.
awk 'BEGIN {
  split("old small red quiet bright", adjective); split("sees carries finds paints follows", verb)
  state = 1
  for (i = 0; i < 6200; i++) {
    if (i % 40 == 0) subject = draw(12)
    printf "the %s thing%d %s a thing%d .\n", adjective[1 + draw(5)], 4 * subject + draw(4), verb[1 + draw(5)], 4 * subject + draw(4)
  }
}
function draw(limit) { state = (state * 16807) % 2147483647; return int(state / 7) % limit }' > "$folder/text"

steps=400 fine=120
[ "$size" = full ] || steps=2 fine=2
run() { "$program" --data "$folder/text" --steps $steps --fine-steps $fine --labels 500 "$@" < /dev/null; }
output=$(run --threads 1 --out "$folder/one" --fill "the old [MASK] sees a thing1 ." --like sees --differences "thing1 - thing2 + thing5") || fail "status $?"
last=$(tail -n 3 <<< "$output")
# figure LINE NAME: the percentage before NAME in the line of the result
figure() { grep "^$1:" <<< "$last" | grep -oE "[0-9.]+ % $2" | grep -oE "^[0-9.]+"; }
[[ $last == gaps:*right,*"by the most frequent word"*order:*"from pre-training"*"from random weights"*"by chance"*pairs:*"from pre-training"* ]] ||
  fail "'$last' states no result"
if [ "$size" = full ]; then
  awk -v gaps="$(figure gaps "of")" -v frequent="$(figure gaps "by the most frequent word")" 'BEGIN { exit !(gaps > frequent + 15) }' || fail "gaps: '$last'"
  awk -v order="$(figure order "from pre-training")" -v random="$(figure order "from random weights")" 'BEGIN { exit !(order > 80 && order > random + 15) }' ||
    fail "order: '$last'"
  grep -A1 -F "the old [MASK] sees a thing1 ." <<< "$output" | tail -n 1 | grep -qE "^ *thing[0-9]+ " || fail "no thing is found for the gap: '$output'"
  grep -E "^  sees " <<< "$output" | grep -qE "carries|finds|paints|follows" || fail "no verb is near 'sees': '$output'"
fi
grep -q "^  thing1 - thing2 + thing5 " <<< "$output" || fail "no neighbours of a difference"
for picture in gaps fine_tuning; do
  picture "$folder/one/$picture.svg"
done
steps=2 fine=2
run --threads 1 --out "$folder/one" > "$folder/one.log"
run --threads 2 --out "$folder/two" > "$folder/two.log"
cmp <(tail -n 3 "$folder/one.log") <(tail -n 3 "$folder/two.log") || fail "two threads found something else"
for picture in gaps fine_tuning; do cmp "$folder/one/$picture.svg" "$folder/two/$picture.svg" || fail "two threads drew another $picture"; done

echo "too short" > "$folder/short"
refuse 2 "$folder/short: expected at least 40 960 words and signs of text, found 2" --data "$folder/short"
refuse 2 "--data: expected a file or a folder, found nothing at '$folder/none'" --data "$folder/none"
refuse 2 "--fill: expected a text with [MASK] in it, found 'the old'" --data "$folder/text" --fill "the old"
refuse 2 "--like: expected one of the 61 most frequent words of the text, found 'new'" --data "$folder/text" --like new
refuse 2 "expected words with + or - between them, as in 'king - man + woman', found 'old +'" --data "$folder/text" --differences "old +"
refuse 2 "--labels: expected a whole number from 1 to 1000000, found '0'" --labels 0
refuse 0 "" --help

interrupt "pre-training  step" --data "$folder/text" --steps 100000000
finish
