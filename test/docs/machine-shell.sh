# What operators type on the pages, where machines are stand-ins: machine-shell.ts reads this before the lines of a page.

# Addresses of the page as those of the stand-ins, also where a line makes them up as it runs.
real() {
  local text=$1 name url
  for name in n1 n2 n3 n4; do
    url="URL_$name"
    text=${text//https:\/\/$name.example.com/${!url}}
  done
  printf %s "$text"
}

with_real() {
  local run=$1 words=() word
  shift
  for word; do words+=("$(real "$word")"); done
  "$run" "${words[@]}"
}

program() { "$NODE" "$MAIN" "$@"; }
ringwalk() { with_real program "$@"; }
real_curl() { command curl "$@"; }
curl() { with_real real_curl "$@"; }
sudo() { "$@"; }
journalctl() { cat "$FOLDER/$MACHINE/journal"; }

# Services are children of the test; what it could not do is told, and fails.
systemctl() { command curl --fail-with-body -X POST "$CONTROL/$MACHINE/$1"; }

ssh() {
  local line=${2//\/etc\/ringwalk/$FOLDER/$1/etc/ringwalk}
  (
    cd "$FOLDER/$1" || exit
    MACHINE=$1
    eval "$line"
  )
}
