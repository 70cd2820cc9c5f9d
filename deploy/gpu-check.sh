#!/usr/bin/env bash
# What the first person with a GPU runs: builds for CUDA, runs the tests that need a GPU, trains twice and compares the bits, measures, prints a table.
#
#   gpu-check.sh [FOLDER]
#
# FOLDER (default: gpu-check) takes runs, logs and table.txt. With ACTORTRAINER_LIBTORCH set, that libtorch is used (-p:TorchBackend=none), else the CUDA
# package (-p:TorchBackend=cuda: 3 GB to fetch, 6 GB on disk, 3 GB of $TMPDIR while it is put together). Where $PYTHON (default: python3) has torch and
# torchvision for CUDA, their steps stand beside ours. Exits 0 when all is well, 1 when something failed, 2 where there is nothing to check: no GPU, or no .NET SDK.
set -uo pipefail

case ${1:-} in
  -h | --help)
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac
folder=${1:-gpu-check}
root=$(cd "$(dirname "$0")/.." && pwd)

if ! command -v nvidia-smi >/dev/null 2>&1 || ! nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
  echo "There is no NVIDIA GPU with a driver here ('nvidia-smi -L' names none), so there is nothing to check." >&2
  exit 2
fi
if ! command -v dotnet >/dev/null 2>&1; then
  echo "The .NET SDK is needed to build: https://dotnet.microsoft.com/download" >&2
  exit 2
fi

export DOTNET_CLI_UI_LANGUAGE=en
backend=cuda
if [ -n "${ACTORTRAINER_LIBTORCH:-}" ]; then backend=none; fi
python=${PYTHON:-python3}
peer_is_there=no
if "$python" -c 'import sys, torch, torchvision; sys.exit(not torch.cuda.is_available())' >/dev/null 2>&1; then peer_is_there=yes; fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
table=$folder/table.txt
: > "$table"
failed=0

row() { printf '%-46s %s\n' "$1" "$2" | tee -a "$table"; }

# A row by how a command ends; what it says stands in a log.
check() {
  local what=$1 log=$2
  shift 2
  if "$@" > "$folder/$log" 2>&1; then row "$what" "ok"; else row "$what" "FAILED, see $folder/$log"; failed=1; fi
}

# A row by how many of a project's tests passed and how many were left out.
tests() {
  local what=$1 log=$2 project=$3 filter=$4 counts
  if dotnet test -c Release "-p:TorchBackend=$backend" "tests/$project" --filter "$filter" > "$folder/$log" 2>&1; then
    counts=$(sed -n 's/^Passed! .*Passed: *\([0-9]*\), Skipped: *\([0-9]*\),.*/\1 passed, \2 skipped/p' "$folder/$log")
    row "$what" "${counts:-none ran, see $folder/$log}"
  else
    row "$what" "FAILED, see $folder/$log"
    failed=1
  fi
}

actortrainer() { "$root/src/ActorTrainer/bin/Release/net10.0/actortrainer" "$@"; }

# What doctor says of a part.
found() { sed -n "s/.*\"name\":\"$1\",\"health\":\"[a-z]*\",\"text\":\"\([^\"]*\)\".*/\1/p" "$folder/doctor.log"; }

digest_of() { actortrainer digest "$1" --runs "$folder/runs" 2>/dev/null; }

# A row by two runs' weights.
same() {
  local first second
  first=$(digest_of "$2") second=$(digest_of "$3")
  if [ -n "$first" ] && [ "$first" = "$second" ]; then row "$1" "same bits (${first:0:12})"; else row "$1" "OTHER BITS: '${first:0:12}' and '${second:0:12}'"; failed=1; fi
}

# From the beginning: what an earlier check has left would be no check.
train() {
  local name=$1 file=$2
  shift 2
  check "train $name" "$name.log" actortrainer run "config/$file" --fresh --yes --runs "$folder/runs" --set "experiment.name=$name" --set experiment.resources.device=cuda "$@"
}

step() {
  local figure
  figure=$(actortrainer bench step --device cuda --architecture "$1" --batch "$2" --image "$3" --precision "$4" --steps 30 --json 2> "$folder/step-$1-$4.log" | sed -n 's/.*"images_per_s":\([0-9.]*\).*/\1 images\/s/p')
  row "step $1, batch $2, ${3}x$3, $4" "${figure:-FAILED, see $folder/step-$1-$4.log}"
  if [ -z "$figure" ]; then failed=1; fi
}

# The step before this in PyTorch: a row to compare, and no reason to fail.
peer() {
  local figure
  if [ "$peer_is_there" = no ]; then return; fi
  figure=$("$python" tests/ActorTrainer.Benchmarks/peers/train_step.py "$1" "$2" "$3" 1 "$4-nhwc" 30 cuda 2> "$folder/peer-$1-$4.log" | sed -n 's/.*"images_per_s": \([0-9.]*\).*/\1 images\/s/p')
  row "  PyTorch, not deterministic" "${figure:-none, see $folder/peer-$1-$4.log}"
}

gpus=$(nvidia-smi -L | grep -c '^GPU')
row "GPUs" "$gpus x $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -n 1)"
row "commit" "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)"
cd "$root" || exit 1
check "build, TorchBackend=$backend" build.log dotnet build -c Release "-p:TorchBackend=$backend" src/ActorTrainer
if [ "$failed" != 0 ]; then exit 1; fi
check "doctor" doctor.log actortrainer doctor --json --runs "$folder/runs"
for part in libtorch gpu nccl; do row "  $part" "$(found $part)"; done
tests "tests of the device" torch.log ActorTrainer.Torch.Tests "FullyQualifiedName~Gpu|FullyQualifiedName~Staged"
tests "tests of NCCL and the driver" transport.log ActorTrainer.Transport.Tests "FullyQualifiedName~Gradients.Gpu"

train gpu-once quickstart.conf
train gpu-again quickstart.conf
same "trained twice" gpu-once gpu-again
train gpu-transfer-once transfer-resnet18.conf
train gpu-transfer-again transfer-resnet18.conf
same "an ImageNet ResNet-18 fine-tuned twice, in bf16" gpu-transfer-once gpu-transfer-again
train gpu-shards quickstart.conf --set experiment.training.logical-shards=4
if [ "$gpus" -gt 1 ]; then
  train gpu-together quickstart.conf --set experiment.training.logical-shards=4 --set "experiment.resources.trainers.max=$((gpus > 4 ? 4 : gpus))"
  row "  by" "$(grep -om1 'NCCL between [0-9]* GPUs\|through host memory.*' "$folder/gpu-together.log" || echo "one trainer: no second GPU like the first")"
  same "on one GPU and on several" gpu-shards gpu-together
else
  row "on one GPU and on several" "not checked: there is one"
fi

for precision in fp32 tf32 bf16; do
  step resnet18 64 224 "$precision"
  peer resnet18 64 224 "$precision"
done
step resnet50 32 224 bf16
peer resnet50 32 224 bf16
step vit_tiny 64 224 bf16

echo
echo "The table stands in $table; the logs beside it."
exit "$failed"
