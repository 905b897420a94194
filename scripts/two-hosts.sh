#!/usr/bin/env bash
# two-hosts RATE COMMAND...: run a command by mpirun of Open MPI, a rank on each of two "hosts" that
# are network namespaces of this machine, joined by a link of RATE (1gbit, or none for no limit).
# It needs root, iproute2 and openmpi-bin; without the rights it says so and exits with 77.
set -euo pipefail
rate=$1
shift
work=$(mktemp -d)
a=cmae-a-$$ b=cmae-b-$$
clean() {
	ip netns del "$a" 2>/dev/null || true
	ip netns del "$b" 2>/dev/null || true
	rm -rf "$work"
}
trap clean EXIT
if ! ip netns add "$a" 2>/dev/null || ! ip netns add "$b" 2>/dev/null; then
	echo "two-hosts: no rights to make network namespaces" >&2
	exit 77
fi
ip link add "a$$" netns "$a" type veth peer name "b$$" netns "$b"
setup() { # NAMESPACE DEVICE ADDRESS
	ip -n "$1" addr add "$3/24" dev "$2"
	ip -n "$1" link set "$2" up
	ip -n "$1" link set lo up
	if [ "$rate" != none ]; then
		ip netns exec "$1" tc qdisc add dev "$2" root tbf rate "$rate" burst 128kb latency 50ms
	fi
}
setup "$a" "a$$" 10.99.0.1
setup "$b" "b$$" 10.99.0.2
# mpirun runs on the first host and starts its daemon on the second
cat >"$work/agent" <<AGENT
#!/usr/bin/env bash
shift # the host
exec ip netns exec $b unshare --uts bash -c 'hostname host-b; '"\$*"
AGENT
chmod +x "$work/agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec "$a" unshare --uts bash -c 'hostname host-a; exec "$@"' bash \
	mpirun -np 2 --host 10.99.0.1:1,10.99.0.2:1 --mca plm_rsh_agent "$work/agent" \
	--mca btl self,tcp --mca pml ob1 --mca btl_tcp_if_include 10.99.0.0/24 \
	--mca oob_tcp_if_include 10.99.0.0/24 "$@"
