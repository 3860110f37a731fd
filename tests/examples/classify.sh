#!/usr/bin/env bash
# The tasks of classify at reduced size: the result in the last line, the pictures, the same bits twice, bad arguments.
#   classify.sh PROGRAM
program=$1
. "$(dirname "$0")/program.sh"
# result PATTERN ARGUMENTS...: the last line that the program prints matches.
result() {
  local output
  output=$("$program" --out "$folder/out" "${@:2}" < /dev/null) || fail "${*:2}: status $?"
  last=$(tail -n 1 <<< "$output")
  [[ $last =~ ^$1$ ]] || fail "${*:2}: expected a last line like '$1', found '$last'"
}
picture() {
  local file=$folder/out/$1.svg
  tail -n 1 "$file" | grep -q "</svg>" || fail "$file is no picture"
  [ "$(grep -c "$2" "$file")" -eq "$3" ] || fail "$file: expected $3 times '$2', found $(grep -c "$2" "$file")"
}

result "perceptron: 60 of 60 after [0-9]+ epochs?" --task perceptron --points 60 --seed 3
picture perceptron_regions 'class="f[01] point"' 60
picture perceptron_regions '"curve c2" points' 1
result "perceptron: [0-9]+ of 100 after 1 epoch" --task perceptron --epochs 1
[[ $last != *"100 of 100"* ]] || fail "one epoch is no proof that there was no mistake: '$last'"

result "xor: one layer [0-3] of 4 \(loss 0\.693\), two layers 4 of 4 \(loss 0\.0[0-9]+\) after 200 epochs" --task xor --epochs 200
picture xor_loss '<polyline class="curve c[0-9]" points' 2
picture xor_one_layer 'class="f[01] point"' 4
picture xor_two_layers 'class="contour" d="M' 1

result "spirals: full batch [0-9]+, SGD [0-9]+, momentum [0-9]+, Adam [0-9]+ of 200 unseen points after 40 epochs" \
  --task spirals --points 200 --epochs 40
right=$(sed 's/.*Adam \([0-9]*\) of.*/\1/' <<< "$last")
[ "$right" -ge 190 ] || fail "expected Adam to know at least 190 of 200 points, found $right"
picture spirals_loss '<polyline class="curve c[0-9]" points' 4
picture spirals_regions 'class="f[01] point"' 200
first=$last && cp "$folder/out/spirals_regions.svg" "$folder/first.svg"
result "$first" --task spirals --points 200 --epochs 40
cmp "$folder/first.svg" "$folder/out/spirals_regions.svg" || fail "the same seed drew another picture"

refuse 2 "--task is required"
refuse 2 "--task: expected perceptron, xor or spirals, found 'circles'" --task circles
refuse 2 "--points: expected a whole number from 2 to 100000, found '1'" --task spirals --points 1
refuse 2 "--epochs: expected a whole number from 1 to 1000000, found 'many'" --task xor --epochs many
refuse 2 "--points: expected no number for the task xor" --task xor --points 5 --out "$folder/out"
: > "$folder/file"
refuse 2 "$folder/file" --task xor --out "$folder/file"
refuse 0 "" --help
finish
