#!/usr/bin/env bash
# The first process in the namespaces in which package-test.sh boots a root with systemd: mounts the file systems that systemd
# needs and executes it. Arguments: ROOT, the folder of the packages, the folder of the steps. systemd ends when this process is killed.
set -euo pipefail

root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
# A separate cgroup tree: the unified hierarchy if this machine has it, otherwise systemd's named one.
if [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
fi
cat /etc/resolv.conf >"$root/etc/resolv.conf"
mkdir -p "$root/deb" "$root/steps" "$root/mnt/machine"
mount --bind "$2" "$root/deb"
mount --bind "$3" "$root/steps"

# pivot_root instead of chroot: in a chroot no process may create the user namespace of PrivateUsers=.
cd "$root"
pivot_root . mnt/machine
exec /usr/bin/env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /bin/sh -c 'umount -l /mnt/machine && exec /lib/systemd/systemd --show-status=0' </dev/null
