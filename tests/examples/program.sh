# What the tests of example programs have in common; sourced, with the program in $program. A folder of their own, and:
#   fail MESSAGE                     says it, and goes on
#   refuse STATUS MESSAGE ARGS...    the program ends with that status and says MESSAGE on standard error
#   interrupt PATTERN ARGS...        Ctrl-C, once it has printed PATTERN: it says so and ends with status 130
#   picture FILE                     is a picture
#   finish                           the end of the test
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}
refuse() {
  local output found
  output=$("$program" "${@:3}" 2>&1 > /dev/null < /dev/null)
  found=$?
  if [ $found -ne "$1" ] || [[ $output != *"$2"* ]]; then
    fail "${*:3}: expected status $1 and '$2', found status $found and '$output'"
  fi
}
interrupt() {
  local process status
  "$program" "${@:2}" --out "$folder/stopped" > "$folder/stopped.log" < /dev/null &
  process=$!
  until grep -q "$1" "$folder/stopped.log" 2> /dev/null; do
    kill -0 $process 2> /dev/null || break
    sleep 0.05
  done
  kill -INT $process
  wait $process
  status=$?
  [ $status -eq 130 ] || fail "expected status 130 after an interrupt, found $status"
  grep -q "Interrupted" "$folder/stopped.log" || fail "the interrupt was not answered"
}
picture() {
  tail -n 1 "$1" | grep -q "</svg>" || fail "no picture $1"
}
finish() {
  [ $failures -eq 0 ] && echo "passed"
  exit $failures
}
