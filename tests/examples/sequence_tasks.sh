#!/usr/bin/env bash
# The tasks of sequence_tasks at reduced size: the result in the last line, the pictures, the same bits for any number of
# threads, bad arguments.
#   sequence_tasks.sh PROGRAM [full]      without "full" the steps are too few for the results, and enough for every line
program=$1 size=${2:-}
. "$(dirname "$0")/program.sh"
# learn TASK STEPS EXAM LEAST PARAMETERS ARGUMENTS...: at least LEAST of EXAM unseen problems in the last line, and the same number
# of parameters twice.
learn() {
  local task=$1 steps=$2 exam=$3 least=$4 parameters=$5 output last right
  [ "$size" = full ] || { steps=4 least=0; }
  output=$("$program" --task "$task" --steps "$steps" --exam "$exam" --out "$folder/out" "${@:6}" < /dev/null) || fail "$task: status $?"
  last=$(tail -n 1 <<< "$output")
  [[ $last =~ ^$task:\ ([0-9 ]+)\ of\ $exam\ unseen\ problems\ exact\ \([0-9.]+\ %\)\ after\ ([0-9 ]+)\ steps$ ]] ||
    fail "$task: '$last' states no result"
  right=${BASH_REMATCH[1]:-0}
  [ "${BASH_REMATCH[2]// /}" = "$steps" ] || fail "$task: expected $steps steps, found '$last'"
  [ "${right// /}" -ge "$least" ] || fail "$task: expected at least $least of $exam, found '$last'"
  [[ $output == *"= $parameters by formula, $parameters by count"* ]] || fail "$task: expected $parameters parameters, found '$output'"
  tail -n 1 "$folder/out/${task}_loss.svg" | grep -q "</svg>" || fail "no picture of $task's loss"
  grep -q ">each batch<" "$folder/out/${task}_loss.svg" || fail "no curve in the picture of $task's loss"
  tail -n 1 "$folder/out/${task}_attention.svg" | grep -q "</svg>" || fail "no picture of $task's attention"
}
# maps TASK NAME...: the picture of the attention has a map of each name.
maps() {
  for name in "${@:2}"; do
    [ "$(grep -c ">$name<" "$folder/out/$1_attention.svg")" -eq 1 ] || fail "$1: expected one map of $name"
  done
}

learn sort 400 500 480 "13 280"
maps sort "layer 1, head 1" "layer 2, head 1"
learn add 800 500 460 "13 120"
learn multiply_add 60 50 0 "124 608"
learn add10 1500 300 290 "1 088" --threads 1
maps add10 "layer 1, head 1" "layer 1, head 2"
cp "$folder/out/add10_attention.svg" "$folder/out/add10_loss.svg" "$folder"
learn add10 1500 300 290 "1 088" --threads 2
for picture in attention loss; do
  cmp "$folder/add10_$picture.svg" "$folder/out/add10_$picture.svg" || fail "two threads drew another $picture"
done
learn add10 4 1 0 "1 088" --seed 2 --batch 100
cmp -s "$folder/add10_loss.svg" "$folder/out/add10_loss.svg" && fail "another seed drew the same loss"

refuse 2 "--task is required"
refuse 2 "--task: expected sort, add, multiply_add or add10, found 'divide'" --task divide
refuse 2 "--batch: expected a whole number from 100 to 500, found '99'" --task add --batch 99
refuse 2 "--steps: expected a whole number from 1 to 1000000000, found 'many'" --task add --steps many
refuse 2 "--exam: expected a value after it, found none" --task add --exam
: > "$folder/file"
refuse 2 "$folder/file" --task sort --out "$folder/file"
refuse 0 "" --help

interrupt "^step" --task add --steps 100000000
finish
