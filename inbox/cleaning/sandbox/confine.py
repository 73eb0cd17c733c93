"""The walls around the child: limits on what it may use, and no network.

On Linux a seccomp filter answers EPERM to every system call that reaches the network or starts a program. Other
systems have only the limits.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one file may cost."""

    memory_bytes: int = 2048 * MIB
    cpu_seconds: int = 300
    wall_seconds: float = 600
    file_bytes: int = 2048 * MIB
    open_files: int = 64


def confine(limits: Limits) -> None:
    """Put the walls up around this process; they cannot be taken down again. Raises OSError if one cannot stand."""
    signal.alarm(int(limits.wall_seconds) + 10)  # where a parent that died cannot end this process any more
    os.nice(10)
    for what, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_AS, limits.memory_bytes),
    ):
        _limit(what, limit)
    if sys.platform == "linux":
        _prctl(ctypes.CDLL(None, use_errno=True), _PR_SET_PDEATHSIG, signal.SIGKILL, 0)  # die with the parent
        _forbid_calls()


def _limit(what: int, limit: int) -> None:
    try:
        resource.setrlimit(what, (limit, limit))
    except ValueError:
        if sys.platform == "linux":  # macOS cannot limit addresses
            raise


# Numbers from the kernel's tables: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
# socket, connect, accept, sendto, sendmsg, bind, listen, socketpair, execve, accept4, sendmmsg, ptrace,
# process_vm_readv, process_vm_writev, kill, execveat, io_uring_setup (it has a connect of its own),
# pidfd_send_signal
_X86_64 = (41, 42, 43, 44, 46, 49, 50, 53, 59, 288, 307, 101, 310, 311, 62, 322, 425, 424)
_AARCH64 = (198, 203, 202, 206, 211, 200, 201, 199, 221, 242, 269, 117, 270, 271, 129, 281, 425, 424)
_ARCHITECTURES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
_X32_BIT = 0x40000000  # the second numbering of system calls that x86_64 kernels may have

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF: ld abs word, jeq, jge, ret
_ALLOW, _KILL, _EPERM = 0x7FFF0000, 0x80000000, 0x00050001  # SECCOMP_RET_*; the last with errno 1
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _forbid_calls() -> None:
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return
    code = _filter(*_ARCHITECTURES[machine])
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1, 0)
    _prctl(libc, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _prctl(libc: ctypes.CDLL, option: int, first: int, second: int) -> None:
    if libc.prctl(option, ctypes.c_ulong(first), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise OSError(ctypes.get_errno(), "the walls of the sandbox cannot be put up")


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """The filter as the kernel reads it: (code, jump if true, jump if false, value) for each step."""
    steps = [
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_AT_LEAST, len(calls) + 1, 0, _X32_BIT),
        *((_EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
