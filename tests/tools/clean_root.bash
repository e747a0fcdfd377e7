# SPDX-License-Identifier: MIT
# Sourced by the tools that try something in a clean Debian 12: a root folder made by debootstrap from
# the mirror that this machine installs from, with /proc and /dev, removed again when the tool ends.
# Needs root.
#
#   make_clean_root PACKAGE...   makes it, as $clean_root, with these packages besides Debian's
#                                smallest set
#   inside FOLDER COMMAND        runs a command line in it, with an environment of its own
#   nothing_runs_inside          fails if a process was left behind

clean_root=
clean_root_tool="${0##*/}"

clean_root_processes() {  # the processes whose root is this folder
  local process
  for process in /proc/[0-9]*; do
    [[ "$(readlink "$process/root" 2>/dev/null)" != "$clean_root" ]] || echo "${process#/proc/}"
  done
}

remove_clean_root() {
  local process mounted
  for process in $(clean_root_processes); do kill -KILL "$process"; done
  for mounted in dev/pts dev/shm dev proc; do
    if mountpoint -q "$clean_root/$mounted"; then
      umount "$clean_root/$mounted" || umount -l "$clean_root/$mounted"
    fi
  done
  if mountpoint -q "$clean_root/dev" || mountpoint -q "$clean_root/proc"; then
    echo "$clean_root_tool: could not unmount under $clean_root, left as it is" >&2
  else
    rm -rf --one-file-system "$clean_root"
  fi
}

make_clean_root() {
  local mirror
  [[ $EUID == 0 ]] || { echo "$clean_root_tool: needs root" >&2; exit 1; }
  # shellcheck disable=SC2016  # the dollar is for apt-get
  mirror="$(apt-get indextargets --format '$(SITE)' 'Codename: bookworm' 'Created-By: Packages' |
    head -n 1)"
  mirror="${mirror:-http://deb.debian.org/debian}"
  clean_root="$(mktemp -d "${TMPDIR:-/var/tmp}/balcony-debian.XXXXXX")"
  trap remove_clean_root EXIT
  chmod 755 "$clean_root"  # apt downloads as a user of its own
  echo "$clean_root_tool: debootstrap from $mirror"
  debootstrap --variant=minbase --include="$(IFS=, && echo "$*")" bookworm "$clean_root" "$mirror" \
    >"$clean_root.log" 2>&1 || { tail -n 20 "$clean_root.log" >&2; rm -f "$clean_root.log"; exit 1; }
  rm -f "$clean_root.log"
  cp /etc/resolv.conf "$clean_root/etc/resolv.conf"
  if [[ -d /etc/apt/apt.conf.d ]]; then  # a proxy, if this machine has one
    apt-config dump 2>/dev/null | grep -i '^Acquire::http.*::Proxy ' \
      >"$clean_root/etc/apt/apt.conf.d/proxy" || true
  fi
  mount -t proc proc "$clean_root/proc"
  mount --bind /dev "$clean_root/dev"
  mount -t devpts devpts "$clean_root/dev/pts" -o newinstance,ptmxmode=0666
  mount -t tmpfs tmpfs "$clean_root/dev/shm"
}

inside() {
  env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    chroot "$clean_root" /bin/bash -c "cd '$1' && $2"
}

nothing_runs_inside() {
  local process left=0
  for process in $(clean_root_processes); do
    echo "$clean_root_tool: left running: $(tr '\0' ' ' <"/proc/$process/cmdline")" >&2
    left=1
  done
  return "$left"
}
