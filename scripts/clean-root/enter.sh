#!/usr/bin/env bash
# The first process in the namespaces of `clean-root.sh run`: mounts the file systems of the root and runs the command there.
# Arguments: ROOT USER FOLDER CACHE RUSTUP_HOME, two lists, each preceded by its length (FROM:TO[:ro] and NAME=VALUE), COMMAND...
set -euo pipefail

root=$1 user=$2 folder=$3 cache=$4 rustup_home=$5
shift 5
binds=("${@:2:$1}")
shift $(($1 + 1))
environment=("${@:2:$1}")
shift $(($1 + 1))

# bind FROM TO [ro]: mounts FROM at TO in the root; TO is created as a file or folder like FROM.
bind() {
  local to=$root$2
  if [[ -d $1 ]]; then
    mkdir -p "$to"
  elif [[ ! -e $to ]]; then
    mkdir -p "$(dirname "$to")"
    : >"$to"
  fi
  mount --bind "$1" "$to"
  [[ ${3:-} != ro ]] || mount -o remount,bind,ro "$to"
}

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"

cat /etc/resolv.conf >"$root/etc/resolv.conf"
cat /etc/hosts >"$root/etc/hosts"
grep -qw "$(hostname)" "$root/etc/hosts" || echo "127.0.0.1 $(hostname)" >>"$root/etc/hosts"

# Creates the user's home. Downloads in it are cached outside of the root, separately for each user, who owns them.
if ! chroot "$root" id "$user" >/dev/null 2>&1; then
  chroot "$root" useradd --create-home --shell /bin/bash "$user"
fi
uid=$(chroot "$root" id -u "$user")
home=$(chroot "$root" getent passwd "$user" | cut -d: -f6)
[[ ! -d $rustup_home ]] || bind "$rustup_home" /usr/local/rustup ro
for kept in cargo:.cargo maven:.m2/repository; do
  mkdir -p "$cache/${kept%%:*}/$uid"
  # Settings are removed from the cache. Programs are hidden by the mount of rustup's folder.
  [[ $kept != cargo:* ]] || rm -f "$cache/cargo/$uid"/{config,config.toml,.crates.toml,.crates2.json}
  chown "$uid:$uid" "$cache/${kept%%:*}/$uid"
  bind "$cache/${kept%%:*}/$uid" "$home/${kept#*:}"
done
[[ $uid == 0 ]] || chown "$uid:$uid" "$root$home/.m2"
bind "$root/usr/local/rustup-bin" "$home/.cargo/bin" ro

for entry in "${binds[@]}"; do
  IFS=: read -r from to mode <<<"$entry"
  bind "$from" "$to" "$mode"
done

# Only the variables of a login, so that this machine's environment has no influence.
chroot --userspec="$user" "$root" /usr/bin/env -i --chdir="${folder:-$home}" \
  HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash LANG=C.UTF-8 RUSTUP_HOME=/usr/local/rustup \
  PATH="$home/.cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "${environment[@]}" "$@"
