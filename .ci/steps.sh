# Shared by .ci/run and .ci/full: step NAME COMMAND... runs the command, with its output in build/ci/NAME.log, prints one line
# with the time it took, and the end of the log where it failed. skip NAME REASON. finish prints the sum and exits.
# INLAY_CI_ONLY='asan|tsan' runs those steps alone.
export CMAKE_COLOR_DIAGNOSTICS=OFF CTEST_PROGRESS_OUTPUT=0
passed=0
failed=0
failed_names=()
logs=build/ci
mkdir -p "$logs"

step() {
  local name=$1 log=$logs/$1.log begin=$SECONDS
  shift
  [[ $name =~ ^(${INLAY_CI_ONLY:-.*})$ ]] || return 0
  printf '%-16s running: %s\n' "$name" "$*"
  if "$@" >"$log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    printf '%-16s PASS  %4d s\n' "$name" $((SECONDS - begin))
  else
    failed=$((failed + 1))
    failed_names+=("$name")
    printf '%-16s FAIL  %4d s; the end of %s:\n' "$name" $((SECONDS - begin)) "$log"
    tail -n 80 "$log" | sed 's/^/    /'
  fi
}

skip() {
  printf '%-16s SKIP  %s\n' "$1" "$2"
}

finish() {
  [ "$failed" -eq 0 ] || echo "failed: ${failed_names[*]}"
  echo "total time: $((SECONDS / 60)) min $((SECONDS % 60)) s"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}
