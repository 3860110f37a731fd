#!/usr/bin/env bash
# A run that is stopped by Ctrl-C, then killed in the middle, leaves the same bits as one that never stopped.
#   character_gpt_resume.sh PROGRAM TEXT [STEPS]      fewer steps where a sanitizer makes each of them slow
set -u
program=$1 text=$2 steps=${3:-80}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $*"
  tail -n 5 "$folder"/*.log
  exit 1
}
train() { "$program" train --save-every 0 "$@"; }

# Starts training in the background and waits until metrics.csv has a step beyond $1.
train_until() {
  local step=$1
  "$program" train --save-every 0 "${@:2}" > "$folder/part.log" 2>&1 &
  process=$!
  until tail -qn 1 "$folder/parts/metrics.csv" 2> /dev/null | awk -F, -v step="$step" '$1 + 0 > step { found = 1 } END { exit !found }'; do
    kill -0 $process 2> /dev/null || fail "training ended before step $step"
    sleep 0.02
  done
}

train --threads 1 --data "$text" --steps "$steps" --seed 7 --out "$folder/whole" > "$folder/whole.log" 2>&1 || fail "the run in one piece"

train_until $((steps / 4)) --threads 2 --data "$text" --steps "$steps" --seed 7 --out "$folder/parts"
kill -INT $process
wait $process
[ $? -eq 130 ] || fail "the status after Ctrl-C is not 130"
grep -q -- "--resume" "$folder/part.log" || fail "Ctrl-C does not say how to resume"

train_until $((steps * 5 / 8)) --threads 1 --resume "$folder/parts/training.safetensors"
kill -KILL $process
wait $process 2> /dev/null

train --threads 2 --resume "$folder/parts/training.safetensors" > "$folder/part.log" 2>&1 || fail "the last part"
for file in model.safetensors training.safetensors; do
  cmp "$folder/whole/$file" "$folder/parts/$file" || fail "$file differs"
done
# Where time is not involved the metrics are the same too, but that a row is written where the run has stopped.
figures() { awk -F, 'NR > 1 { print $1, $2, $3, $4 }' "$1/metrics.csv"; }
[ "$(figures "$folder/whole")" = "$(figures "$folder/parts")" ] || fail "metrics.csv differs"
grep -q "</svg>" "$folder/parts/loss.svg" || fail "no picture"

# What was trained writes the same text for the same seed.
generate() { "$program" generate --model "$folder/$1/model.safetensors" --prompt "The " --tokens 200 --seed 3; }
[ "$(generate whole | wc -c)" -eq 204 ] || fail "expected a prompt of 4 bytes and 200 more"
[ "$(generate whole)" = "$(generate parts)" ] || fail "the texts differ"
[ "$("$program" generate --model "$folder/whole/model.safetensors" --prompt "" --tokens 20 | wc -c)" -eq 21 ] || fail "an empty prompt is a new line"

# A run that is complete is not begun again by mistake.
train --threads 1 --resume "$folder/parts/training.safetensors" > "$folder/part.log" 2>&1 && fail "nothing to do was no error"
grep -q "give a larger --steps" "$folder/part.log" || fail "nothing to do was not explained"
# Nor does a run go on with a text that has changed.
cp "$text" "$folder/text" && train --threads 1 --data "$folder/text" --steps 1 --out "$folder/other" > "$folder/part.log" 2>&1 || fail "one step"
(cd "$folder/other" && train --threads 1 --resume training.safetensors --steps 2) > "$folder/part.log" 2>&1 || fail "going on in the folder of the run"
echo "more" >> "$folder/text"
train --threads 1 --resume "$folder/other/training.safetensors" --steps 3 > "$folder/part.log" 2>&1 && fail "other text was no error"
grep -q "expected the text that the run began with" "$folder/part.log" || fail "other text was not explained"
echo "passed"
