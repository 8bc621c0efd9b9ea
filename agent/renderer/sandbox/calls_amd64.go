package sandbox

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

var allowed = append([]uintptr{unix.SYS_EPOLL_WAIT, unix.SYS_ARCH_PRCTL}, common...)
