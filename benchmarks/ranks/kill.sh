#!/usr/bin/env bash
# Kills one rank of a training at random moments, goes on with the run each time, and compares its end with that of a run that nobody disturbed.
#
#   benchmarks/ranks/kill.sh SEQUOR CONFIG STORE OUT
#
#   SEQUOR  the tool: a command such as "dotnet artifacts/bin/Sequor.Cli/release/Sequor.Cli.dll"
#   OUT     folder for the runs
#
# Environment: KILLS (5), RANKS (2; "2 3 4" changes the number from kill to kill, and the undisturbed run has the first), SIGNAL (KILL; STOP for a
# rank that hangs), SETTINGS (--set …), SEED of the moments (1).
set -euo pipefail

if (($# < 4)); then
    sed -n "2,/^set /{/^#/s/^# \{0,1\}//p}" "$0"
    exit 2
fi
read -ra sequor <<< "$1"
config=$2 store=$3 out=$4
read -ra settings <<< "${SETTINGS:-}"
read -ra numbers <<< "${RANKS:-2}"
mkdir -p "$out"
RANDOM=${SEED:-1}
rm -rf "$out/whole" "$out/killed"

now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }
rank_pid() {
    for process in $(pgrep -f -- "$out/killed"); do
        if tr '\0' '\n' < "/proc/$process/environ" 2>/dev/null | grep -q "^OMPI_COMM_WORLD_RANK=$1\$"; then echo "$process"; return; fi
    done
}

start=$(now)
"${sequor[@]}" train "$config" --data "$store" --out "$out/whole" "${settings[@]}" --workers "${numbers[0]}" --json > "$out/whole.json" 2> /dev/null
whole=$(since "$start")
echo "undisturbed, ${numbers[0]} ranks: $whole s"

command=(train "$config" --data "$store" --out "$out/killed" "${settings[@]}")
for ((kill = 1; kill <= ${KILLS:-5}; kill++)); do
    ranks=${numbers[(kill - 1) % ${#numbers[@]}]}
    "${sequor[@]}" "${command[@]}" --workers "$ranks" > "$out/killed.txt" 2> "$out/killed.err" &
    job=$!
    while [[ ! -e $out/killed/log.txt ]] && kill -0 $job; do sleep 0.1; done
    # From its start to about a quarter of what the whole takes.
    sleep "$(awk -v r=$RANDOM -v whole="$whole" 'BEGIN { printf "%.2f", 1.5 + r / 32768 * whole / 4 }')"
    victim=$((RANDOM % ranks))
    while [[ -z $(rank_pid $victim) ]] && kill -0 $job 2> /dev/null; do sleep 0.1; done
    start=$(now)
    kill -"${SIGNAL:-KILL}" "$(rank_pid $victim)" 2> /dev/null || { echo "the run was over before kill $kill"; wait $job; break; }
    code=0
    wait $job || code=$?
    echo "kill $kill: rank $victim of $ranks, behind $(grep -c '"epoch"' "$out/killed/metrics.jsonl" || true) epochs: over in $(since "$start") s, exit code $code: $(head -1 "$out/killed.err")"
    command=(train --resume "$out/killed")
done
"${sequor[@]}" train --resume "$out/killed" --workers "${numbers[0]}" --json > "$out/killed.json" 2> /dev/null
python3 "$(dirname "$0")/compare.py" "$out/whole" "$out/killed"
