package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// limitProcess bounds what a hostile repository can do to the agent beside it. Memory beyond the limit is refused by the
// kernel, and the Go runtime then ends the process; where the container's memory runs out, this process goes first; where
// the agent dies, this process dies too; a crash leaves no core with credentials in it.
func limitProcess(memoryBytes uint64) error {
	if memoryBytes == 0 {
		return fmt.Errorf("-memory is required")
	}
	// Long before the kernel refuses, memory that is not in use any more is given back.
	debug.SetMemoryLimit(int64(memoryBytes / 2))
	done := make(chan error)
	go func() {
		// The parent's death is told to the thread that asked, for as long as it lives.
		runtime.LockOSThread()
		done <- limit(memoryBytes)
		select {}
	}()
	return <-done
}

func limit(memoryBytes uint64) error {
	// A kernel without it goes on: the limits below do not depend on it.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	for resource, value := range map[int]uint64{unix.RLIMIT_DATA: memoryBytes, unix.RLIMIT_CORE: 0} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("limit %d: %w", resource, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("parent death signal: %w", err)
	}
	// Nobody reads its memory, which holds credentials, but root.
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
