#!/usr/bin/env bash
# signals at reduced size: the result in the last line, the pictures, the same bits for any number of threads, recordings of one's
# own, bad arguments and files.
#   signals.sh PROGRAM STEPS      with fewer than 100 steps results are not judged
program=$1 steps=$2
. "$(dirname "$0")/program.sh"
# run OUT ARGUMENTS...: sets output and last
run() {
  output=$("$program" --out "$folder/$1" "${@:2}" < /dev/null) || fail "${*:2}: status $?"
  last=$(tail -n 1 <<< "$output")
}
names="([0-9.]+)\ %\ of\ ([0-9 ]+)\ samples\ named\ right\ \(([0-9.]+)\ %\ a\ second\ after\ a\ change\)"
errors="80\ ms\ ahead\ an\ error\ of\ ([0-9.]+)\ g,\ last\ value\ ([0-9.]+)\ g"

run one --steps "$steps" --threads 1
[[ $last =~ ^unseen\ signals:\ $names\;\ $errors$ ]] || fail "'$last' states no result"
right=${BASH_REMATCH[1]:-0} samples=${BASH_REMATCH[2]:-0} settled=${BASH_REMATCH[3]:-0} error=${BASH_REMATCH[4]:-9} naive=${BASH_REMATCH[5]:-0}
[ "${samples// /}" = 60000 ] || fail "expected 60 000 samples, found '$samples'"
if [ "$steps" -ge 100 ]; then
  [ "${right%.*}" -ge 80 ] || fail "expected at least 80 % right, found '$last'"
  [ "${settled%.*}" -ge 90 ] || fail "expected at least 90 % right a second after a change, found '$last'"
  awk "BEGIN { exit !($error < 0.75 * $naive) }" || fail "expected a forecast better than the last value by a quarter, found '$last'"
fi
[[ $output == *"10 601 parameters"* ]] || fail "expected 10 601 parameters, found '$output'"
[[ $output =~ half\ of\ the\ samples\ within\ [0-9.]+\ us,\ 99\ %\ within\ [0-9.]+\ us ]] || fail "no latency in '$output'"
for name in loss signal forecast; do picture "$folder/one/$name.svg"; done
for name in is named walking; do grep -q ">$name<" "$folder/one/signal.svg" || fail "no '$name' in the picture of the signal"; done

run two --steps "$steps" --threads 2
for file in loss.svg signal.svg forecast.svg model.safetensors; do
  cmp "$folder/one/$file" "$folder/two/$file" || fail "two threads made another $file"
done
first=$last
run three --model "$folder/one/model.safetensors"
[ "$last" = "$first" ] || fail "the weights of a file: expected '$first', found '$last'"
run four --steps 1 --seed 2
cmp -s "$folder/one/model.safetensors" "$folder/four/model.safetensors" && fail "another seed made the same weights"

# A recording of one's own, with labels and without: a device that lies still, then is shaken.
awk 'BEGIN {
  print "label,x,y,z"
  for (i = 0; i < 400; ++i)
    printf "%s,%.4f,%.4f,%.4f\r\n", i < 200 ? "still" : i < 300 ? "shaking" : "", (i < 200 ? 0 : sin(0.75 * i)), 0.02 * sin(7 * i), 1
}' > "$folder/own.csv"
cut -d , -f 2- "$folder/own.csv" > "$folder/plain.csv"
run own --model "$folder/one/model.safetensors" --data "$folder/own.csv"
[[ $last =~ ^own.csv:\ $names\;\ $errors$ ]] || fail "'$last' states no result of a recording with labels"
[ "${BASH_REMATCH[2]:-0}" = 300 ] || fail "expected 300 samples with a label, found '$last'"
[ "$(wc -l < "$folder/own/answers.csv")" -eq 401 ] || fail "expected 400 answers"
picture "$folder/own/signal.svg"
run plain --model "$folder/one/model.safetensors" --data "$folder/plain.csv"
[[ $last =~ ^plain.csv:\ $errors$ ]] || fail "'$last' states no result of a recording without labels"
cmp "$folder/own/answers.csv" "$folder/plain/answers.csv" || fail "labels changed the answers"

refuse 2 "--steps: expected a whole number from 1 to 1000000000, found 'many'" --steps many
refuse 2 "$folder/none.csv" --data "$folder/none.csv"
printf 'a,b\n1,2\n' > "$folder/bad.csv"
refuse 2 "bad.csv, line 1: expected the names of columns, x, y and z among them, found 'a,b'" --data "$folder/bad.csv"
printf 'x,y,z\n1,2,3\n1,two,3\n' > "$folder/bad.csv"
refuse 2 "bad.csv, line 3: expected a number, found 'two'" --data "$folder/bad.csv"
printf 'x,y,z\n1,2\n' > "$folder/bad.csv"
refuse 2 "bad.csv, line 2: expected 3 values, found '1,2'" --data "$folder/bad.csv"
printf 'x,y,z,label\n1,2,3,flying\n' > "$folder/bad.csv"
refuse 2 "bad.csv, line 2: expected still, walking, running, shaking or turning, found 'flying'" --data "$folder/bad.csv"
printf 'x,y,z\n1,2,3\n' > "$folder/bad.csv"
refuse 2 "bad.csv: expected more than two seconds of samples (100), found 1" --data "$folder/bad.csv"
refuse 2 "bad.csv" --model "$folder/bad.csv"
: > "$folder/file"
output=$("$program" --out "$folder/file" 2>&1 < /dev/null) && fail "a file as the folder was accepted"
[[ $output == *"$folder/file"* ]] || fail "expected a message about $folder/file, found '$output'"
"$program" --help > "$folder/help" || fail "--help: status $?"
grep -q -- "--data" "$folder/help" || fail "no --data in the help"

interrupt "^step" --steps 100000000
finish
