#!/usr/bin/env bash
# A test authority and certificates for mutual TLS between nodes.
#
#   certificates.sh FOLDER NAME[=DNS-NAME-OR-ADDRESS,...]...
#
# Makes in FOLDER, where it is not there yet, the authority (ca.pem, ca.key), and for each NAME a key (NAME.key), a certificate for both ends of a connection
# (NAME.pem) and both with the authority in one file without a password (NAME.pfx). A certificate is good for NAME, for what follows the '=', and for this
# machine itself (localhost, 127.0.0.1). DAYS says for how long (default 365). Needs openssl 1.1.1 or newer.
set -euo pipefail

if [ $# -lt 2 ]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
folder=$1
shift
days=${DAYS:-365}
umask 077
mkdir -p "$folder"
cd "$folder"

if [ ! -e ca.key ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days "$((days * 10))" -subj "/CN=ActorTrainer test authority" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.pem 2>/dev/null
  echo "$folder/ca.pem"
fi

for node in "$@"; do
  name=${node%%=*}
  others=""
  if [ "$name" != "$node" ]; then others=${node#*=}; fi
  if ! [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || [ "$name" = ca ]; then
    echo "'$name' can't be a node's name: letters, digits, '.', '_' and '-', and not 'ca'" >&2
    exit 2
  fi
  alternatives="DNS:$name,DNS:localhost,IP:127.0.0.1"
  for other in ${others//,/ }; do
    if [[ $other =~ ^[0-9.]+$ || $other == *:* ]]; then alternatives+=",IP:$other"; else alternatives+=",DNS:$other"; fi
  done
  extensions=$(mktemp)
  trap 'rm -f "$extensions"' EXIT
  printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" "extendedKeyUsage=serverAuth,clientAuth" \
    "subjectAltName=$alternatives" > "$extensions"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -subj "/CN=$name" -keyout "$name.key" -out "$name.csr" 2>/dev/null
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days "$days" -extfile "$extensions" -out "$name.pem" 2>/dev/null
  openssl pkcs12 -export -in "$name.pem" -inkey "$name.key" -certfile ca.pem -name "$name" -passout pass: -out "$name.pfx"
  rm -f "$name.csr" "$extensions"
  echo "$folder/$name.pem"
done
