#!/bin/bash
#SBATCH --job-name=sweep
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
# sbatch deploy/slurm.sh GRID OUT: starts Ray on all nodes of the job and the sweep on the first one. A job that is queued
# again goes on where it was.
set -euo pipefail
grid=${1:?a grid} out=${2:?a folder that all nodes see}
export RAY_USAGE_STATS_ENABLED=0
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 10000))
srun --nodes=1 --ntasks=1 -w "$head" ray start --head --port="$port" --block &
sleep 15
others=$((SLURM_JOB_NUM_NODES - 1))
if ((others > 0)); then
    srun --nodes="$others" --ntasks="$others" --exclude="$head" ray start --address="$head:$port" --block &
    sleep 15
fi
sweep "$grid" --address "$head:$port" --out "$out" --grace 100 &
sweep=$!
trap 'kill -TERM $sweep; wait $sweep; scontrol requeue "$SLURM_JOB_ID"' TERM
wait $sweep
