"""What a cell may try against the kernel and the host: one expression each, named by what it tries.

An expression that raises was stopped; so was one whose value is false. Anything else got through.
"""

from __future__ import annotations

PRELUDE = r"""
import array, ctypes, errno, fcntl, mmap, os, resource, signal, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def call(number, *arguments):
    done = libc.syscall(number, *arguments)
    if done < 0:
        raise OSError(ctypes.get_errno(), 'refused')
    return True

def socket_of(family, kind=socket.SOCK_STREAM, protocol=0):
    socket.socket(family, kind, protocol).close()
    return True

def write(path, text='0'):
    with open(path, 'w') as file:
        file.write(text)
    return True

def read(path):
    with open(path, 'rb') as file:
        return file.read(4096)

def machine_code(code):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    done = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    if done < 0:
        raise OSError(-done, 'refused')
    return True

def parent_death_signal():
    found = ctypes.c_int()
    libc.prctl(2, ctypes.byref(found), 0, 0, 0)
    return found.value

def forgets_its_supervisor(number):
    libc.prctl(1, number, 0, 0, 0)
    return parent_death_signal() != signal.SIGKILL

def larger_than_others(one):
    before = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
    return one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) > before

def raises_a_limit(name):
    soft, hard = resource.getrlimit(name)
    resource.setrlimit(name, (hard + 1, hard + 1))
    return True

def in_a_child(work):
    child = os.fork()
    if child == 0:
        try:
            os._exit(1 if work() else 0)
        except BaseException:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1

def attempt(work):
    try:
        return bool(work())
    except BaseException:
        return False
"""

ESCAPES = {
    # --- calls of the kernel that no notebook needs ---
    "io_uring": "call(425, 8, ctypes.create_string_buffer(120))",
    "userfaultfd": "call(323, 1)",
    "perf-events": "call(298, struct.pack('=IIQ', 1, 112, 0) + bytes(96), 0, -1, -1, 0)",
    "secret-memory": "call(447, 0)",
    "bpf": "call(321, 0, struct.pack('=IIII', 1, 4, 4, 1) + bytes(100), 116)",
    "ptrace-a-child": "in_a_child(lambda: call(101, 0, 0, 0, 0))",
    "read-memory-of-a-process": "call(310, os.getpid(), struct.pack('=QQ', *2 * [id(0)]), 1, "
    "struct.pack('=QQ', id(0), 8), 1, 0) is not None",
    "compare-kernel-objects": "call(312, os.getpid(), os.getpid(), 0, 0, 0)",
    "take-a-descriptor-of-a-process": "call(438, os.pidfd_open(os.getpid()), 0, 0)",
    "advise-another-process": "call(440, os.pidfd_open(os.getpid()), struct.pack('=QQ', 4096, 0), 1, 20, 0)",
    "personality": "call(135, 0x0040000)",
    "modify-ldt": "call(154, 0, ctypes.create_string_buffer(64), 64)",
    "file-by-handle": "call(303, -100, b'/usr', struct.pack('=II', 128, 0) + bytes(128), "
    "ctypes.byref(ctypes.c_int()), 0)",
    "open-by-handle": "call(304, -100, struct.pack('=II', 8, 1) + bytes(8), 0)",
    "splice-pages": "call(278, os.pipe()[1], struct.pack('=QQ', id(PRELUDE), 8), 1, 0)",
    "tee-pipes": "call(276, os.pipe()[0], os.pipe()[1], 1, 2)",
    "remap-file-pages": "call(216, 0, 0, 0, 0, 0)",
    "move-pages-of-memory": "call(279, 0, 0, None, None, None, 0)",
    "kernel-log": "call(103, 3, ctypes.create_string_buffer(64), 64)",
    "load-a-kernel": "call(246, 0, 0, 0, 0)",
    "load-a-module": "call(175, bytes(8), 8, b'')",
    "swap-on": "call(167, b'/tmp', 0)",
    "reboot": "call(169, 0xfee1dead, 672274793, 0, 0)",
    "set-the-clock": "time.clock_settime(time.CLOCK_REALTIME, time.time())",
    "adjust-the-clock": "call(159, struct.pack('=I', 1) + bytes(252))",
    "name-the-host": "socket.sethostname('elsewhere') is None",
    "input-and-output-ports": "call(172, 3)",
    "process-accounting": "call(163, None)",
    "quotas": "call(179, 0x80000100, b'/dev/null', 0, None)",
    "flush-the-hosts-disks": "call(306, os.open('/usr', os.O_RDONLY))",
    "calls-of-32-bits": r"machine_code(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')",
    "calls-of-x32": "call(0x40000000 | 39)",
    "another-schedule": "call(314, 0, struct.pack('=IIQiIQQQ', 48, 0, 0, 19, 0, 0, 0, 0), 0)",
    "choose-its-processors": "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}) is None",
    # --- namespaces and mounts ---
    "unshare-users": "call(272, 0x10000000)",
    "unshare-mounts": "call(272, 0x00020000)",
    "clone-into-namespaces": "call(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)",
    "clone3-into-namespaces": "call(435, struct.pack('=QQQQQQQQ', 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64)",
    "join-a-namespace": "call(308, os.open('/proc/self/ns/uts', os.O_RDONLY), 0)",
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
    "unmount": "libc.umount2(b'/proc', 2) == 0",
    "remount-writable": "libc.mount(b'none', b'/usr', None, 4096 | 32, None) == 0",
    "pivot-root": "call(155, b'/tmp', b'/tmp')",
    "chroot": "os.chroot('/tmp') is None",
    "open-a-tree-of-mounts": "call(428, -100, b'/usr', 0)",
    "new-mount-api": "call(430, b'tmpfs', 0)",
    "move-a-mount": "call(429, -100, b'/usr', -100, b'/tmp', 0)",
    "mount-attributes": "call(442, -100, b'/usr', 0, struct.pack('=QQQQ', 0, 1, 0, 0), 32)",
    "list-mounts": "call(458, struct.pack('=IIQQ', 24, 0, 2**64 - 1, 0), ctypes.create_string_buffer(800), 100, 0)",
    # --- what rooms could share ---
    "join-a-keyring": "call(250, 1, None)",
    "leave-a-key": "call(248, b'user', b'left', b'x', 1, -3)",
    "ask-for-a-key": "call(249, b'user', b'host-secret', None, 0)",
    "system-v-memory": "call(29, 4242, 4096, 0o1666)",
    "system-v-semaphores": "call(64, 4242, 1, 0o1666)",
    "system-v-messages": "call(68, 4242, 0o1666)",
    "posix-messages": "call(240, b'left', os.O_CREAT | os.O_RDWR, 0o666, struct.pack('=8q', 0, 1, 8, 0, 0, 0, 0, 0))",
    "memory-of-no-process": "os.memfd_create('held') >= 0",
    "watch-files-of-all": "call(294, 0)",
    "watch-the-file-system": "call(300, 0, 0)",
    "watch-a-folder-of-all": "fcntl.fcntl(os.open('/usr', os.O_RDONLY), 1026, 1) is not None",
    "lock-a-file-of-all": "fcntl.flock(os.open(sys.executable, os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB) is None",
    "lease-a-file-of-all": "fcntl.fcntl(os.open('/usr/bin/env', os.O_RDONLY), 1024, fcntl.F_RDLCK) == 0",
    "lease-a-file-of-its-own": "write('leased') and "
    "fcntl.fcntl(os.open('leased', os.O_RDONLY), 1024, fcntl.F_RDLCK) == 0",
    "more-signals-that-wait": "raises_a_limit(resource.RLIMIT_SIGPENDING)",
    "more-descriptors": "raises_a_limit(resource.RLIMIT_NOFILE)",
    "be-another-rooms-user": "os.setresuid(1879048193, 1879048193, 1879048193) is None",
    "map-other-users": "write('/proc/self/uid_map', '0 0 1')",
    "vsock": "socket_of(40)",
    "internet": "socket_of(socket.AF_INET)",
    "internet-6": "socket_of(socket.AF_INET6)",
    "netlink": "socket_of(socket.AF_NETLINK, socket.SOCK_RAW)",
    "packets": "socket_of(socket.AF_PACKET, socket.SOCK_RAW)",
    "kernel-crypto": "socket_of(38, socket.SOCK_SEQPACKET)",
    "bluetooth": "socket_of(31, socket.SOCK_RAW)",
    "sockets-that-hold-megabytes": "larger_than_others(socket.socketpair()[0])",
    "abstract-sockets-of-the-host": "any(b'@' in line for line in read('/proc/net/unix').splitlines())",
    # --- privileges and limits ---
    "become-root": "os.setuid(0) is None",
    "regain-groups": "os.setgroups([0]) is None",
    "keep-groups-of-the-host": "os.getuid() == 1000 and set(os.getgroups()) - {1000, 65534}",
    "capabilities": "int(next(line for line in open('/proc/self/status') if line.startswith('CapEff')).split()[1], 16)",
    "make-a-device": "os.mknod('/tmp/memory', 0o20666, os.makedev(1, 1)) is None",
    "spare-itself-for-want-of-memory": "write('/proc/self/oom_score_adj', '-1')",
    "spare-a-child-for-want-of-memory": "in_a_child(lambda: write('/proc/self/oom_score_adj', '0'))",
    "outlive-its-supervisor": "forgets_its_supervisor(0)",
    "outlive-its-supervisor-by-another-signal": "forgets_its_supervisor(signal.SIGCONT)",
    "more-processes": "raises_a_limit(resource.RLIMIT_NPROC)",
    "more-memory": "raises_a_limit(resource.RLIMIT_DATA)",
    "run-before-others": "os.setpriority(os.PRIO_PROCESS, 0, -5) is None",
    "real-time-by-a-limit": "max(resource.getrlimit(resource.RLIMIT_RTPRIO)) > 0",
    "run-in-real-time": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)) is None",
    # --- what of the host is in reach ---
    "write-a-library": "write(os.__file__, '')",
    "write-the-system": "write('/usr/lib/left')",
    "write-the-root": "write('/left')",
    "write-users": "write('/etc/passwd')",
    "write-devices": "write('/dev/left')",
    "write-kernel-settings": "write('/proc/sys/kernel/core_pattern')",
    "write-its-own-name": "write('/proc/self/comm', 'grader')",
    "press-magic-keys": "write('/proc/sysrq-trigger', 'b')",
    "read-kernel-memory": "read('/proc/kcore')",
    "read-physical-memory": "read('/dev/mem')",
    "read-the-kernels-devices": "os.listdir('/sys/class')",
    "read-users-passwords": "read('/etc/shadow')",
    "read-the-homes": "set(os.listdir('/home')) - {'student'}",
    "read-variables-of-the-host": "read('/proc/self/environ').strip(b'\\0')",
    "read-the-hosts-name": "socket.gethostname() != 'room'",
    "read-a-key-of-the-host": "any(b'_ses' not in line for line in read('/proc/keys').splitlines())",
    "see-other-processes": "[pid for pid in os.listdir('/proc') if pid.isdigit() and pid != '1']",
    "signal-the-host": "any(os.kill(pid, 0) is None for pid in range(2, 400))",
    "signal-whoever-waits": "os.getppid()",
    "share-a-group-with-other-rooms": "os.getpgrp() == 0 or os.getsid(0) == 0",
    "find-who-keeps-rooms-warm": "[one for place in ('/tmp', '/run', '/var/run') if os.path.isdir(place) "
    "for one in os.listdir(place) if one.startswith('keras-autograder')]",
    "find-sockets-of-the-host": "[line for line in read('/proc/net/unix').splitlines()[1:] "
    "if b'/' in line or b'@' in line]",
    "find-the-graders-own-files": "os.path.exists('/grader') or os.path.exists('/cache')",
    "write-the-courses-python": "write('/environment/pyvenv.cfg')",
    "read-the-hosts-mounts": "any(b'/home/' in line and b'student' not in line for line in "
    "read('/proc/self/mountinfo').splitlines())",
    "read-the-hosts-control-groups": "any(not line.endswith(b':/') for line in read('/proc/self/cgroup').splitlines())",
}
"""By name: what to evaluate after PRELUDE. Numbers of calls are those of x86-64."""
