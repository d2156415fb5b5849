#!/usr/bin/env bash
# A cluster on this machine: answers a second of one, two and three nodes, and what clients see when one of three is killed and started again.
#
#   benchmarks/cluster/measure.sh SEQUOR OUT MODEL STORE
#
#   SEQUOR  the tool: a command such as "dotnet artifacts/bin/Sequor.Cli/release/Sequor.Cli.dll"
#   OUT     folder for the reports (JSON) and the logs
#   MODEL   a run of `sequor train`, or one of its models
#   STORE   the store whose users ask
#
# Environment: DURATION (20) seconds of a measurement, CLIENTS (8), RATE (60) requests a second while a node is killed, APPENDFSYNC (everysec),
# PORT (8490) the first of four. Redis, the nodes and the load share the machine: more nodes than cores answer no more.
set -euo pipefail

if (($# != 4)); then
    sed -n "2,/^set /{/^#/s/^# \{0,1\}//p}" "$0"
    exit 2
fi
read -ra sequor <<< "$1"
out=$2 model=$3 store=$4
mkdir -p "$out/redis"
base=${PORT:-8490} seconds=${DURATION:-20}
declare -A nodes=()
redis-server --port "$base" --dir "$(realpath "$out/redis")" --save "" --appendonly yes --appendfsync "${APPENDFSYNC:-everysec}" > "$out/redis.log" &
redis=$!

stop() {
    for pid in "${nodes[@]}"; do kill -TERM "$pid" 2> /dev/null || true; done
    for pid in "${nodes[@]}"; do wait "$pid" 2> /dev/null || true; done
    nodes=()
}
trap 'stop; kill "$redis"; rm -rf "$out/redis"' EXIT

start() { # number of the node
    "${sequor[@]}" serve "$model" --data "$store" --port $((base + $1)) --cluster "redis://127.0.0.1:$base" > "$out/node$1.out" 2>> "$out/node$1.log" &
    nodes[$1]=$!
}

ready() { # number of the node
    until curl -sf "http://127.0.0.1:$((base + $1))/health/ready" > /dev/null 2>&1; do
        kill -0 "${nodes[$1]}" 2> /dev/null || { echo "node $1 ended: $(tail -n 1 "$out/node$1.log")" >&2; exit 1; }
        sleep 0.1
    done
}

urls() { for i in $(seq "$1"); do echo "http://127.0.0.1:$((base + i))"; done; }

until redis-cli -p "$base" ping > /dev/null 2>&1; do sleep 0.1; done
for count in 1 2 3; do
    for i in $(seq "$count"); do [[ -n ${nodes[$i]:-} ]] || start "$i"; done
    for i in $(seq "$count"); do ready "$i"; done
    # shellcheck disable=SC2046
    "${sequor[@]}" load $(urls "$count") --data "$store" --kind mix --clients "${CLIENTS:-8}" --warmup 5 --duration "$seconds" --verify --json > "$out/throughput$count.json" || true
done

# A third of the time in, one node is killed; another third later it is started again.
# shellcheck disable=SC2046
"${sequor[@]}" load $(urls 3) --data "$store" --kind mix --append-share 0.5 --rate "${RATE:-60}" --warmup 5 --duration $((3 * seconds)) --retry 10s --verify --json > "$out/killed.json" &
load=$!
sleep $((5 + seconds))
kill -9 "${nodes[2]}"
wait "${nodes[2]}" 2> /dev/null || true
sleep "$seconds"
start 2
wait "$load" || true
ready 2
curl -s "http://127.0.0.1:$((base + 1))/v1/model" > "$out/model.json"
redis-cli -p "$base" info memory | grep -a "^used_memory:" > "$out/redis-memory.txt"
for i in 1 2 3; do echo "node $i rss_kib $(awk '/VmRSS/ { print $2 }' "/proc/${nodes[$i]}/status")"; done > "$out/nodes-memory.txt"

python3 - "$out" << 'PYTHON'
import json, os, sys

def read(name):
    return json.load(open(os.path.join(sys.argv[1], name)))

print("nodes  answered/s   p50 ms   p99 ms  failed")
for count in (1, 2, 3):
    run = read(f"throughput{count}.json")["runs"][0]
    print(f"{count:5}  {run['answered_per_s']:10.1f} {run['latency_ms']['p50']:8.1f} {run['latency_ms']['p99']:8.1f} {run['sent'] - run['answered']:7}")
report = read("killed.json")
run = report["runs"][0]
print(f"killed: {run['sent']} requests, {run['retried']} sent more than once"
      + (f" (second {run['retried_from_s']} to {run['retried_until_s']})" if run["retried"] else "")
      + f", {run['sent'] - run['answered']} failed, longest {run['latency_ms']['max']:.0f} ms, p50 {run['latency_ms']['p50']:.1f} ms, p99 {run['latency_ms']['p99']:.0f} ms")
print(f"events: {report['events_acknowledged']} acknowledged, {report['events_lost']} lost, {report['events_twice']} twice")
print(f"nodes that are there in the end: {len(read('model.json')['nodes'])}")
PYTHON
