// Package sandbox takes away from this process what a render has no use for. It is in force before the first request is
// read and cannot be lifted again:
//
//   - seccomp, on all threads: only system calls that the Go runtime and reads and writes of open descriptors need. No
//     opening of files, no sockets, no programs, no signals to others. Whatever else is asked for fails with EPERM.
//   - descriptors: what the parent left open by mistake is closed; standard input, output and error remain.
//   - RLIMIT_DATA: the kernel refuses memory beyond it, and the Go runtime then ends the process.
//   - RLIMIT_FSIZE, RLIMIT_CORE: nothing is written to a file, not by a crash either.
//   - a parent that dies takes this process along, in the middle of a render too.
//   - oom_score_adj: where the container's memory runs out, the kernel ends this process and not the agent.
package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Enter puts the limits into force, on all threads. The thread that asks for the parent's death signal must live on: it is
// kept aside.
func Enter(memoryBytes uint64) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- enter(memoryBytes)
		select {}
	}()
	return <-done
}

func enter(memoryBytes uint64) error {
	// A kernel without it goes on: the limits below do not depend on it.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	if err := closeOthers(); err != nil {
		return fmt.Errorf("open descriptors: %w", err)
	}
	limits := map[int]uint64{
		unix.RLIMIT_DATA:  memoryBytes,
		unix.RLIMIT_FSIZE: 0,
		unix.RLIMIT_CORE:  0,
	}
	for resource, value := range limits {
		limit := unix.Rlimit{Cur: value, Max: value}
		if err := unix.Setrlimit(resource, &limit); err != nil {
			return fmt.Errorf("limit %d: %w", resource, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("parent death signal: %w", err)
	}
	return filterSystemCalls()
}

// closeOthers keeps what the Go runtime waits on, which is no file and no socket.
func closeOthers() error {
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= 2 {
			continue
		}
		target, err := os.Readlink(folder + "/" + entry.Name())
		if err == nil && !strings.HasPrefix(target, "anon_inode:") {
			_ = unix.Close(fd)
		}
	}
	return nil
}

const (
	offsetNumber = 0
	offsetArch   = 4
	// Low half of the first argument; both architectures are little-endian.
	offsetArgument = 16
	// A thread of this process, as the Go runtime makes them; without it clone makes a process.
	cloneThread = 0x10000
	threadSync  = 1
)

func filterSystemCalls() error {
	if auditArch == 0 {
		return fmt.Errorf("no filter for %s", runtime.GOARCH)
	}
	program := filter()
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	const setModeFilter = 1
	thread, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, setModeFilter, threadSync, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	if thread != 0 {
		return fmt.Errorf("seccomp: thread %d has a filter of its own", thread)
	}
	return nil
}

func filter() []unix.SockFilter {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		bitSet = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		give   = unix.BPF_RET | unix.BPF_K
	)
	deny := unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	allow := unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ALLOW}
	program := []unix.SockFilter{
		{Code: load, K: offsetArch},
		{Code: equal, K: auditArch, Jt: 1},
		{Code: give, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: load, K: offsetNumber},
	}
	for _, number := range allowed {
		program = append(program, unix.SockFilter{Code: equal, K: uint32(number), Jf: 1}, allow)
	}
	return append(program,
		unix.SockFilter{Code: equal, K: unix.SYS_CLONE, Jf: 4},
		unix.SockFilter{Code: load, K: offsetArgument},
		unix.SockFilter{Code: bitSet, K: cloneThread, Jf: 1},
		allow,
		deny,
		// The runtime pre-empts its own threads by signals.
		unix.SockFilter{Code: equal, K: unix.SYS_TGKILL, Jf: 3},
		unix.SockFilter{Code: load, K: offsetArgument},
		unix.SockFilter{Code: equal, K: uint32(unix.Getpid()), Jf: 1},
		allow,
		deny,
	)
}
