#!/bin/sh
# Make the disk of a stock Debian 12, with its kernel and a key to log in with: image.sh FOLDER
#
# Packages come from where this machine's own apt takes Debian's. What the machine has beyond a server as Debian installs
# it: two ordinary users, `teacher`, who logs in, and `visitor`, who does not; two shared folders, read-only; a way in for
# the key.
set -eu

folder=$1
missing=
for command in mmdebstrap:mmdebstrap mke2fs:e2fsprogs ssh-keygen:openssh-client qemu-system-x86_64:qemu-system-x86; do
    command -v "${command%:*}" > /dev/null || missing="$missing ${command#*:}"
done
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
if [ -n "$missing" ]; then
    echo "no virtual machine can be made here: apt install$missing" >&2
    exit 1
fi

release=bookworm
packages=linux-image-amd64,systemd-sysv,udev,libpam-systemd,dbus,dbus-user-session,openssh-server,python3,python3-venv
packages=$packages,procps,apparmor,fontconfig,fonts-dejavu-core

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 777 "$work" # where an ordinary user makes the image, Debian's root is another of their users

mirror() { # LABEL: where apt takes what Debian labels so
    apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2> /dev/null |
        sed -n "s/^$1 //p" | sort -u | head -n 1
}

{
    debian=$(mirror Debian) security=$(mirror Debian-Security)
    [ -z "$debian" ] || printf "deb $debian %s main\n" $release $release-updates
    [ -z "$security" ] || echo "deb $security $release-security main"
} > "$work/sources.list" # empty, where this is no Debian: then it comes from where Debian has it by default

ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/key"

cat > "$work/setup" << 'END'
#!/bin/sh
set -eu
root=$1 work=$2
chroot "$root" useradd --create-home --shell /bin/bash teacher
chroot "$root" useradd --create-home --shell /bin/bash visitor
for home in root home/teacher; do
    mkdir -p -m 700 "$root/$home/.ssh"
    cp "$work/key.pub" "$root/$home/.ssh/authorized_keys"
done
chroot "$root" chown -R teacher:teacher /home/teacher/.ssh
mkdir -p "$root/srv/checkout" "$root/srv/site-packages"
cat > "$root/etc/fstab" << 'FSTAB'
/dev/vda  /  ext4  defaults  0 1
checkout  /srv/checkout  9p  ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000  0 0
libraries /srv/site-packages  9p  ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000  0 0
FSTAB
printf '[Match]\nName=en*\n[Network]\nDHCP=yes\n' > "$root/etc/systemd/network/wired.network"
chroot "$root" systemctl --quiet enable systemd-networkd ssh
echo debian > "$root/etc/hostname"
chroot "$root" python3 -m venv /opt/autograder
libraries=$(echo "$root"/opt/autograder/lib/python3*/site-packages)
printf '/srv/checkout\n/srv/site-packages\n' > "$libraries/shared.pth"
printf '#!/opt/autograder/bin/python\nfrom autograder.cli import main\nmain()\n' > "$root/opt/autograder/bin/autograder"
chmod 755 "$root/opt/autograder/bin/autograder"
cp "$root"/boot/vmlinuz-* "$work/vmlinuz"
cp "$root"/boot/initrd.img-* "$work/initrd"
mkdir "$work/plain" # the root without what is mounted in it to install packages
mount --bind "$root" "$work/plain"
truncate -s 6G "$work/disk"
mke2fs -q -F -t ext4 -d "$work/plain" "$work/disk"
umount "$work/plain"
chmod 666 "$work/vmlinuz" "$work/initrd" "$work/disk"
END
chmod 755 "$work/setup"

sources=
[ ! -s "$work/sources.list" ] || sources="$work/sources.list"
# shellcheck disable=SC2086 # none, where there are no sources
mmdebstrap --quiet --variant=apt --include="$packages" --format=null --customize-hook="$work/setup \"\$1\" $work" \
    "$release" /dev/null $sources
mkdir -p "$folder"
for name in vmlinuz initrd key disk; do # the disk last: where it is, all is
    cp --sparse=always "$work/$name" "$folder/$name.new"
    mv "$folder/$name.new" "$folder/$name"
done
