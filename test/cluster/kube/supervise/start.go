package supervise

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// Start begins supervision and returns once it is under way; the supervisor's process id, as this
// process sees it, is then in DIRECTORY/supervisor.pid.
func Start(specPath string) error {
	spec, err := load(specPath)
	if err != nil {
		return err
	}
	log, err := spec.logFile("supervisor")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(self, "supervise", specPath)
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if spec.Namespace != nil {
		child.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS |
			syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("start the supervisor: %w", err)
	}
	return writeFile(filepath.Join(spec.Directory, "supervisor.pid"), strconv.Itoa(child.Process.Pid))
}

// writeFile replaces the file in one step, so that no reader meets half of it.
func writeFile(path, content string) error {
	if err := os.WriteFile(path+".new", []byte(content+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
