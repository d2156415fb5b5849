#!/usr/bin/env bash
# Latency of the service on this machine: one client, and open loops at 200 and 1,000 requests a second, for two models.
#
#   benchmarks/serving/measure.sh SEQUOR OUT NAME=MODEL,STORE…
#
#   SEQUOR  the tool: a command such as "dotnet artifacts/bin/Sequor.Cli/release/Sequor.Cli.dll"
#   OUT     folder for the reports (JSON), the pictures and the logs
#   NAME=MODEL,STORE  a model that `sequor train` wrote, and the store whose users ask
#
# The table of the documentation:
#   sequor prepare ml-1m --out ml-1m.sequor && sequor train configs/ml-1m/hstu-large.gin --data ml-1m.sequor --out runs/ml-1m
#   sequor prepare synthetic --users 4000 --items-count 695762 --mean-length 60 --out books.sequor
#   sequor train configs/amzn-books/hstu-large.gin --data books.sequor --out runs/books --set train_fn.num_epochs=1
#   benchmarks/serving/measure.sh sequor out ml-1m=runs/ml-1m,ml-1m.sequor books=runs/books,books.sequor
#
# Environment: DURATION (30) and WARMUP (5) in seconds, RATES (200,1000), KINDS ("history user"), PORT (8390), ROUNDS (1),
# SERVE_OPTIONS for the service. Nothing else should run meanwhile: service and generator share the machine.
set -euo pipefail

if (($# < 3)); then
    sed -n "2,/^set /{/^#/s/^# \{0,1\}//p}" "$0"
    exit 2
fi
read -ra sequor <<< "$1"
out=$2
shift 2
mkdir -p "$out"
port=${PORT:-8390}
url=http://127.0.0.1:$port
service=

stop() {
    if [[ -n $service ]]; then
        kill -TERM "$service" 2> /dev/null || true
        wait "$service" 2> /dev/null || true
        service=
    fi
}
trap stop EXIT

load() { # name of the report, then what sequor load is told
    local report=$out/$1.json
    shift
    echo "== $report" >&2
    # A rate that was not reached is a finding, not the end.
    "${sequor[@]}" load "$url" --warmup "${WARMUP:-5}" --duration "${DURATION:-30}" "$@" --json > "$report" || true
}

for subject; do
    name=${subject%%=*}
    paths=${subject#*=}
    model=${paths%%,*}
    store=${paths#*,}
    rm -f "$out/$name".histories.db*
    started=$(date +%s%N)
    # shellcheck disable=SC2086
    "${sequor[@]}" serve "$model" --data "$store" --port "$port" --histories "$out/$name.histories.db" ${SERVE_OPTIONS:-} \
        > "$out/$name.serve.out" 2> "$out/$name.serve.log" &
    service=$!
    until curl -sf "$url/health/ready" > /dev/null 2>&1; do
        kill -0 "$service" 2> /dev/null || { echo "the service for $name ended: $(tail -n 1 "$out/$name.serve.log")" >&2; exit 1; }
        sleep 0.05
    done
    ready=$((($(date +%s%N) - started) / 1000000))
    for round in $(seq "${ROUNDS:-1}"); do
        for kind in ${KINDS:-history user}; do
            load "$name.$kind.1-client.$round" --data "$store" --kind "$kind" --clients 1
            load "$name.$kind.open.$round" --data "$store" --kind "$kind" --rates "${RATES:-200,1000}" --out "$out/$name.$kind.$round.png"
        done
    done
    rss=$(awk '/VmRSS/ { print $2 }' "/proc/$service/status")
    echo "$name ready_ms=$ready rss_kib=$rss" | tee -a "$out/services.txt" >&2
    stop
done

# One line a run.
python3 - "$out" << 'PYTHON'
import glob, json, os, sys

print(f"{'subject':32} {'load':>9} {'answered/s':>10} {'failed':>6} {'p50 ms':>8} {'p90 ms':>8} {'p99 ms':>8} {'p99.9 ms':>8} {'late %':>7} {'own cores':>9}")
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.json"))):
    try:
        report = json.load(open(path))
    except ValueError:
        print(f"{os.path.basename(path)}: no report")
        continue
    for run in report["runs"]:
        load = f"{run['rate']:g}/s" if "rate" in run else f"{run['clients']} client"
        times = run.get("latency_ms", {})
        cells = " ".join(f"{times.get(p, float('nan')):8.3f}" for p in ("p50", "p90", "p99", "p99.9"))
        late = 100 * (run["late_no_connection"] + run["late_generator"]) / max(1, run["sent"])
        print(f"{os.path.basename(path)[:-5]:32} {load:>9} {run['answered_per_s']:10.1f} {run['sent'] - run['answered']:6} {cells} {late:7.2f} {run['own_cores']:9.2f}")
PYTHON
