#!/usr/bin/env bash
# Installs the packages that inlay is built with, on Debian 12 and 13 (and on what derives from them). Installs only what is missing.
#
#   toolchains/setup.sh                          what the presets demo, test and bench need
#   toolchains/setup.sh --ci                     also Clang, its sanitizers and fuzzer, clang-format, valgrind, Python
#   toolchains/setup.sh --cross TARGET...        also cross compilers, and the emulators that run their programs, for
#                                                aarch64 armv7 riscv64 s390x cortex-m windows wasm32, or all of them
#   toolchains/setup.sh --peers                  also the libraries that the preset bench compares inlay with, those there are
#   toolchains/setup.sh --list                   prints the packages of the groups asked for, and installs nothing
set -euo pipefail

base="g++ cmake ninja-build libxsimd-dev libtbb-dev catch2 libbenchmark-dev nlohmann-json3-dev libcli11-dev"
ci="clang libclang-rt-dev clang-format valgrind python3"
declare -A cross=(
  [aarch64]="g++-aarch64-linux-gnu qemu-user"
  [armv7]="g++-arm-linux-gnueabihf qemu-user"
  [riscv64]="g++-riscv64-linux-gnu qemu-user"
  [s390x]="g++-s390x-linux-gnu qemu-user"
  [cortex-m]="gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm"
  [windows]="g++-mingw-w64-x86-64-posix wine wine64"
  [wasm32]="emscripten nodejs node-acorn"
)
peers="python3 libopenblas-pthread-dev libblis-pthread-dev libeigen3-dev libdnnl-dev libxsmm-dev python3-torch"

usage() {
  sed -n '2,10s/^# \{0,1\}//p' "$0"
}

packages=$base
optional=
list_only=false
while [ $# -gt 0 ]; do
  case $1 in
    --ci) packages+=" $ci" ;;
    --peers) optional+=" $peers" ;;
    --cross)
      [ $# -gt 1 ] || { echo "setup.sh: --cross needs a target: ${!cross[*]}, or all" >&2; exit 2; }
      while [ $# -gt 1 ] && [ "${2#--}" = "$2" ]; do
        if [ "$2" = all ]; then
          packages+=" ${cross[*]}"
        elif [ -n "${cross[$2]:-}" ]; then
          packages+=" ${cross[$2]}"
        else
          echo "setup.sh: no cross target $2; there are ${!cross[*]}, and all" >&2
          exit 2
        fi
        shift
      done
      ;;
    --list) list_only=true ;;
    -h | --help) usage; exit 0 ;;
    *) echo "setup.sh: no option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
read -ra packages <<<"$(tr ' ' '\n' <<<"$packages" | awk '!seen[$0]++' | tr '\n' ' ')"  # each once
read -ra optional <<<"$optional"

if $list_only; then
  printf '%s\n' "${packages[@]}" "${optional[@]}"
  exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  cat >&2 <<'TEXT'
setup.sh: this system has no apt. inlay needs, from its packages or from source:
  a C++20 compiler (GCC 12, Clang 14 or later), CMake 3.25 or later, Ninja;
  for inlay::inlay  xsimd 8.1 or later (where it is missing, CMake fetches its repository);
  for inlay::tbb    oneTBB 2021 or later (optional);
  for inlay::io     nlohmann_json 3.9 or later; for the examples CLI11; for the tests Catch2; for the benchmarks Google Benchmark
                    (CMake fetches the repositories of those that are missing).
Then: cmake --workflow --preset test
TEXT
  exit 1
fi

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
missing_optional=()
for package in "${optional[@]}"; do
  is_installed "$package" || missing_optional+=("$package")
done
if [ ${#missing[@]} -eq 0 ] && [ ${#missing_optional[@]} -eq 0 ]; then
  echo "setup.sh: all $((${#packages[@]} + ${#optional[@]})) packages are installed; nothing to do."
  exit 0
fi

run=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: not root, and there is no sudo. As root, run: apt-get install ${missing[*]} ${missing_optional[*]}" >&2
    exit 1
  fi
  run=(sudo)
fi
if ! "${run[@]}" apt-get update -qq; then
  echo "setup.sh: the package lists could not be refreshed; going on with those that are there." >&2
fi
install() {
  echo "setup.sh: installing $*"
  "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}
if [ ${#missing[@]} -gt 0 ] && ! install "${missing[@]}"; then
  echo "setup.sh: apt-get could not install: ${missing[*]}" >&2
  exit 1
fi
for package in "${missing_optional[@]}"; do  # one by one: some are not on every architecture
  install "$package" || echo "setup.sh: no package $package here; the comparison goes without it." >&2
done
echo "setup.sh: done."
