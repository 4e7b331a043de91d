#!/usr/bin/env bash
# Starts a throw-away, real Slurm cluster of one node on this machine, for integration tests.
#
#   start-slurm.sh DIR        start (does nothing if it already runs), print the setting that its commands need
#   start-slurm.sh stop DIR   stop it with all its jobs; remove DIR yourself
#
# Needs Debian's packages slurmctld slurmd slurm-client munge (apt-get install --no-install-recommends is enough).
# Runs as the calling user, root or not; nothing outside DIR is written; no accounting is kept.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

die() { echo "start-slurm: $*" >&2; exit 1; }
stop=0
if [ "${1:-}" = stop ]; then stop=1; shift; fi
[ $# -ge 1 ] || die "usage: start-slurm.sh DIR | stop DIR"
mkdir -p "$1"; dir=$(cd "$1" && pwd)

alive() { [ -f "$dir/$1.pid" ] && kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null; }
show() { echo "SLURM_CONF=$dir/slurm.conf"; }
if [ $stop = 1 ]; then
  export SLURM_CONF=$dir/slurm.conf
  if alive slurmctld; then timeout 10 scancel --user="$(id -un)" 2>/dev/null || true; sleep 0.5; fi
  for d in slurmd slurmctld munged; do
    if alive $d; then p=$(cat "$dir/$d.pid"); kill "$p" 2>/dev/null || true; for _ in $(seq 50); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done; kill -9 "$p" 2>/dev/null || true; fi
    rm -f "$dir/$d.pid"
  done
  echo stopped; exit 0
fi
for t in slurmctld slurmd sbatch squeue scontrol munged mungekey; do command -v $t >/dev/null || die "$t not found (apt-get install slurmctld slurmd slurm-client munge)"; done
if alive munged && alive slurmctld && alive slurmd; then show; exit 0; fi

free_port() { for _ in $(seq 80); do p=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo $p; return; }; done; die "no free port"; }
mkdir -p "$dir/state" "$dir/spool" "$dir/log"; chmod 755 "$dir"
[ -f "$dir/munge.key" ] || mungekey --create --keyfile="$dir/munge.key" --bits=1024
chmod 400 "$dir/munge.key"
cat > "$dir/slurm.conf" <<CONF
ClusterName=zootest
SlurmctldHost=$(hostname -s)(127.0.0.1)
MailProg=/bin/true
SlurmctldPort=$(free_port)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock
CryptoType=crypto/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_min_interval=100000
ReturnToService=2
KillWait=1
MinJobAge=${SLURMTEST_MINJOBAGE:-60}
MpiDefault=none
NodeName=zoonode NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$(free_port) CPUs=${SLURMTEST_CPUS:-2} RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=zoonode Default=YES MaxTime=60 State=UP OverSubscribe=NO
CONF
export SLURM_CONF=$dir/slurm.conf
if ! alive munged; then
  munged --force --key-file="$dir/munge.key" --socket="$dir/munge.sock" --pid-file="$dir/munged.pid" --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed" >/dev/null 2>&1 || die "munged did not start: $(tail -3 "$dir/log/munged.log" 2>/dev/null)"
fi
alive slurmctld || timeout 20 slurmctld -f "$dir/slurm.conf" >"$dir/log/start.log" 2>&1 || die "slurmctld did not start: $(tail -3 "$dir/log/start.log")"
alive slurmd || timeout 20 slurmd -f "$dir/slurm.conf" -N zoonode >>"$dir/log/start.log" 2>&1 || die "slurmd did not start: $(tail -3 "$dir/log/start.log")"
for _ in $(seq 100); do
  state=$(timeout 5 sinfo --noheader --format=%T 2>/dev/null || true)
  [ "$state" = idle ] && { show; exit 0; }
  sleep 0.2
done
die "the node is not idle but '$state': $(tail -3 "$dir/log/slurmd.log" "$dir/log/slurmctld.log")"
