#!/usr/bin/env bash
# Trains on several hosts that are network namespaces of this one, each with a name and an address of its own, connected by a bridge. Needs root.
#
#   benchmarks/ranks/hosts.sh SEQUOR HOSTS COMMAND…
#
#   SEQUOR   the tool, as an absolute command such as "dotnet /opt/sequor/Sequor.Cli.dll"
#   HOSTS    how many
#   COMMAND  what each rank runs: train CONFIG --data STORE --out RUN …, or bench train CONFIG …
#
# Environment: RATE of each host's link, as tc names it (RATE=1gbit); no limit when absent.
set -euo pipefail

if (($# < 3)); then
    sed -n "2,/^set /{/^#/s/^# \{0,1\}//p}" "$0"
    exit 2
fi
read -ra sequor <<< "$1"
hosts=$2
shift 2
folder=$(mktemp -d)
bridge=sequorbr0

end() {
    for ((h = 1; h <= hosts; h++)); do ip netns del sequor$h 2> /dev/null || true; done
    ip link del $bridge 2> /dev/null || true
    rm -rf "$folder"
}
trap end EXIT
ip link add $bridge type bridge
ip addr add 10.77.0.254/24 dev $bridge
ip link set $bridge up
for ((h = 1; h <= hosts; h++)); do
    ip netns add sequor$h
    ip link add sequor$h type veth peer name eth0 netns sequor$h
    ip link set sequor$h master $bridge up
    ip netns exec sequor$h ip addr add 10.77.0.$h/24 dev eth0
    ip netns exec sequor$h ip link set eth0 up
    ip netns exec sequor$h ip link set lo up
    if [[ -n ${RATE:-} ]]; then ip netns exec sequor$h tc qdisc add dev eth0 root tbf rate "$RATE" burst 2mb latency 100ms; fi
    echo "10.77.0.$h sequor-host-$h" >> "$folder/names"
    echo "sequor-host-$h slots=1" >> "$folder/hostfile"
done
cat /etc/hosts >> "$folder/names"

# What Open MPI takes for ssh: runs a command on a host.
cat > "$folder/agent" << EOF
#!/bin/bash
host=\$1
shift
exec ip netns exec sequor\${host##*-} unshare --uts --mount bash -c 'hostname "\$0"; mount --bind $folder/names /etc/hosts; exec bash -c "\$*"' "\$host" "\$@"
EOF
chmod +x "$folder/agent"

# The launcher runs on the first host.
"$folder/agent" sequor-host-1 mpirun --allow-run-as-root -n "$hosts" --hostfile "$folder/hostfile" --bind-to none \
    --mca plm_rsh_agent "$folder/agent" --mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 "${sequor[@]}" "$@"
