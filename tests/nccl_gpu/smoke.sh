#!/usr/bin/env bash
# Runs the scenarios of scenarios/gpu_smoke on real GPUs and on the simulator, and prints a table: scenario, outcome, whether the
# transcripts are equal, wall time of the run on GPUs. Needs the gridlock binary, NCCL and the CUDA driver; nothing else.
# usage: smoke.sh GRIDLOCK [GPUS] [FOLDER]      FOLDER has the scenarios; default: where this script is. Exit code 1 when a
# row is not as it should be
# SHARED_GPUS=N smoke.sh GRIDLOCK [RANKS]       up to RANKS ranks on N GPUs. NCCL takes each for a host of its own, so that
# they may share a GPU, and connects them by its network
set -uo pipefail
folder=${3:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}
gridlock=$1
gpus=${2:-2}
failed=0

# Of a report: "outcome" or "outcome CODE"; the transcript's hash.
verdict() { sed -n '1s/^[^:]*: //p' <<<"$1"; }
transcript() { sed -n 's/.*transcript \([0-9a-f]*\).*/\1/p' <<<"$1"; }

# All ranks of a scenario on the GPUs: started here one by one where they share some. Prints the report.
run_on_gpus() {
  local ranks=$1 rank store
  shift
  if [[ -z ${SHARED_GPUS:-} ]]; then
    timeout 120 "$gridlock" run "$@" --backend nccl 2>&1
    return
  fi
  store=$(mktemp -d)
  for ((rank = ranks - 1; rank >= 0; rank--)); do
    RANK=$rank WORLD_SIZE=$ranks LOCAL_RANK=$((rank % SHARED_GPUS)) NCCL_HOSTID=host$rank \
      timeout 120 "$gridlock" run "$@" --backend nccl --store "file:$store/run" >"$store/out.$rank" 2>&1 &
  done
  wait
  cat "$store/out.0"
  rm -rf "$store"
}

row() {
  local ranks=$1 name=$2 on_sim on_gpus begin end parity
  shift 2
  on_sim=$("$gridlock" run "$folder/$name.json" "$@" 2>&1)
  begin=$(date +%s%N)
  on_gpus=$(run_on_gpus "$ranks" "$folder/$name.json" "$@")
  end=$(date +%s%N)
  parity=differs
  if [[ "$(verdict "$on_sim")" == "$(verdict "$on_gpus")" ]]; then
    # What hung on the device has no result, so only the verdicts of hangs are compared.
    if [[ $name == hang_* ]]; then parity=verdict; fi
    if [[ "$(transcript "$on_sim")" == "$(transcript "$on_gpus")" ]]; then parity=equal; fi
  fi
  printf '| %-32s | %-28s | %-26s | %-8s | %6.2f s |\n' "$name" "$(sed 's/--set //g;s/params.//g' <<<"$*")" \
    "$(verdict "$on_gpus")" "$parity" "$(((end - begin) / 10000000))e-2"
  if [[ $parity == differs ]]; then
    failed=1
    sed 's/^/    /' <<<"$on_gpus" | head -${ROWS:-12}
  fi
}

"$gridlock" --version
printf '| %-32s | %-28s | %-26s | %-8s | %8s |\n' scenario parameters outcome parity time
printf '|---|---|---|---|---|\n'
for ((ranks = 2; ranks <= gpus; ranks *= 2)); do
  for name in operations reductions moves_of_types_without_a_number sizes hang_missing_call hang_first_use \
    hang_other_operation; do
    row $ranks $name --set params.ranks=$ranks
  done
  row $ranks two_grids --set params.ranks=$ranks --set params.tensor=$ranks
done
row 2 ring_of_2
row 2 pipeline_1f1b
((gpus < 4)) || row 4 ring_of_4
shapes=("1 1 2" "2 1 1" "1 2 1")
((gpus < 4)) || shapes+=("1 2 2" "2 2 1" "2 1 2" "1 1 4")
((gpus < 8)) || shapes+=("2 2 2")
for shape in "${shapes[@]}"; do
  read -r pipe data tensor <<<"$shape"
  ranks=$((pipe * data * tensor))
  sizes=(--set params.ranks=$ranks --set params.pipe=$pipe --set params.data=$data
    --set params.tensor=$tensor)
  row $ranks grid "${sizes[@]}"
  row $ranks gloo_twins "${sizes[@]}"
  row $ranks pipeline_1f1b "${sizes[@]}"
done
exit $failed
