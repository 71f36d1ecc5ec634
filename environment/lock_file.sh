#!/bin/sh
# Prints the lock that the environment of this machine is built from: requirements-gpu.lock, which
# has CUDA's libraries too, where there is an NVIDIA GPU whose driver bears them, else
# requirements.lock. A GPU that is there and cannot be used is told in one sentence on stderr.
#
#     sh environment/lock_file.sh [auto|on|off] [the driver's folder]
asked=${1:-auto}
driver=${2:-/proc/driver/nvidia}
oldest=525 # the first driver for CUDA 12, of which the libraries in the lock are

plain() {
	if [ -n "$1" ]; then
		echo "note: $1: the environment is built for the processor alone." >&2
	fi
	echo requirements.lock
	exit 0
}

case $asked in
auto) ;;
on) echo requirements-gpu.lock && exit 0 ;;
off) plain "" ;;
*) echo "error: \`GPU\` must be auto, on or off but got $asked." >&2 && exit 2 ;;
esac

[ "$(uname -s)" = Linux ] || plain ""
if command -v nvidia-smi >/dev/null; then
	version=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1)
elif [ -n "$(ls "$driver/gpus" 2>/dev/null)" ]; then
	version=$(sed -nE 's/^NVRM version:.* ([0-9]+\.[0-9.]+) .*/\1/p' "$driver/version" 2>/dev/null)
else
	plain ""
fi

major=${version%%.*}
case $major in
'' | *[!0-9]*) plain "NVIDIA's driver is here but names no GPU" ;;
esac
[ "$major" -ge "$oldest" ] ||
	plain "the driver of the NVIDIA GPU must be $oldest or newer for CUDA 12 but is $version"
echo requirements-gpu.lock
