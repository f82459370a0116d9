"""Start a program with reduced privileges: ``python3 -I -S confine.py PARENT MEMORY CPU PROGRAM ARG...``

MEMORY is a bound on the address space in bytes, 0 for none; a bounded program is also niced. CPU is a bound on
processor time in seconds, 0 for none; SIGXCPU ends the program then. Sets resource limits, asks the kernel to kill the
program when its parent dies, gives up the right to gain privileges and the credentials of object storage, and becomes
the program. A program of its own, because code between fork and exec in a process with threads can deadlock. Standard
library only; costs about 13 ms.
"""

import ctypes
import os
import resource
import sys

# prctl(2)
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
# signal(7): Python's module of signals takes as long to import as all else here
SIGKILL = 9


def main(parent: int, memory: int, cpu: int, command: list[str]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0:
        sys.exit("prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before prctl
        sys.exit("the parent is gone")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        sys.exit("prctl(PR_SET_NO_NEW_PRIVS) failed")
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, 1024)
    if memory:
        lower(resource.RLIMIT_AS, memory)
        os.nice(10)  # the network has priority over decoders and encoders
    if cpu:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))  # SIGKILL for a program that ignores the signal
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.execvp(command[0], command)


def lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (bound, bound))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
