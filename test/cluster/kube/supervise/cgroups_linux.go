package supervise

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// cgroups makes the group that this cluster's pods live under, in every hierarchy of the machine
// (one with cgroup v2, about ten with v1, and both where a v2 tree stands beside v1).
func (n *Namespace) cgroups() error {
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	for _, root := range roots {
		dir := filepath.Join(root, n.Cgroup)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		// A new v1 cpuset is empty, and nothing can run in it until it got its parent's values.
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			if value, err := os.ReadFile(filepath.Join(root, name)); err == nil {
				_ = os.WriteFile(filepath.Join(dir, name), value, 0o644)
			}
		}
	}
	return nil
}

func cgroupRoots() ([]string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var roots []string
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) > 2 && (fields[2] == "cgroup" || fields[2] == "cgroup2") && unix.Access(fields[1], unix.W_OK) == nil {
			roots = append(roots, fields[1])
		}
	}
	return roots, nil
}
