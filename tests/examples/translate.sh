#!/usr/bin/env bash
# translate at reduced size: the stated result, the pictures and the table, the same bits for any number of threads, mistakes.
#   translate.sh PROGRAM [full]      without "full" the steps are too few for the results, and enough for every line
program=$1 size=${2:-}
. "$(dirname "$0")/program.sh"
# learn MODEL NAME STEPS LEAST EXAM ARGUMENTS...
learn() {
  local model=$1 name=$2 steps=$3 least=$4 exam=$5 output last
  [ "$size" = full ] || { steps=3 least=0 exam=4; }
  output=$("$program" --model "$model" --steps "$steps" --exam "$exam" --pairs 3000 --out "$folder/$model" "${@:6}" < /dev/null) ||
    fail "$model: status $?"
  last=$(tail -n 1 <<< "$output")
  [[ $last =~ ^translate:\ $name\ ([0-9]+)\ of\ $exam\ unseen\ numbers\ exact\ \([0-9.]+\ %\)\ after\ ([0-9 ]+)\ steps$ ]] ||
    fail "$model: '$last' states no result"
  [ "${BASH_REMATCH[2]// /}" = "$steps" ] || fail "$model: expected $steps steps, found '$last'"
  [ "${BASH_REMATCH[1]:-0}" -ge "$least" ] || fail "$model: expected at least $least of $exam, found '$last'"
  for row in greedy beam "beam, rescored"; do
    grep -q "^ *$row  *[0-9.]* %  *[0-9.]*  *[0-9.]* %  *[0-9.]*$" <<< "$output" || fail "$model: no row '$row' in '$output'"
  done
  if [ "$size" = full ]; then  # of what is sure, the likeliest of a beam is no worse than one word after the other
    awk -F, '$2 == "written" && /greedy/ { greedy = $4 } $2 == "written" && /"beam"/ { beam = $4 } END { exit !(beam >= greedy - 4) }' \
      "$folder/$model/table.csv" || fail "$model: $(cat "$folder/$model/table.csv")"
  fi
  [ "$(wc -l < "$folder/$model/table.csv")" -eq 7 ] || fail "$model: expected a table of six rows"
  for picture in curves "${model}_alignment" "${model}_loss"; do
    tail -n 1 "$folder/$model/$picture.svg" | grep -q "</svg>" || fail "$model: no picture $picture"
  done
  grep -q "duecentoquarantatré" "$folder/$model/${model}_alignment.svg" || fail "$model: no sentence in the picture"
}

learn transformer transformer 1000 140 150 --threads 2
learn lstm LSTM 160 120 150 --threads 2 --translate ventitré
cp -r "$folder/lstm" "$folder/two"
learn lstm LSTM 160 120 150 --threads 1 --translate ventitré
for file in "$folder"/two/*; do
  cmp "$file" "$folder/lstm/${file##*/}" || fail "another number of threads made another ${file##*/}"
done
if [ "$size" = full ]; then
  [[ $("$program" --model lstm --steps 160 --exam 1 --out "$folder/one" --translate ventitré --translate Mille) == *"ventitré -> twenty-three"*"Mille -> one thousand"* ]] ||
    fail "expected twenty-three and one thousand"
fi

refuse 2 "--model: expected transformer, lstm or both, found 'gru'" --model gru
refuse 2 "--exam: expected a whole number from 1 to 10000, found '0'" --exam 0
refuse 2 "found 'w' in 'two'" --translate two
refuse 2 "--steps: expected a value after it, found none" --steps
: > "$folder/file"
refuse 2 "$folder/file" --out "$folder/file"
refuse 0 "" --help

interrupt "LSTM  step" --model lstm --steps 100000000
finish
