package supervise

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Folders that programs write to under fixed names: each cluster gets empty ones of its own, in memory
// (it goes with the cluster, and holds sockets) or in its state folder (it may grow).
var shadowed = map[string]bool{"/run": true, "/var/lib": false, "/var/log": false}

// The kubelet sets these for the whole machine. It finds them already as it wants them and leaves the
// machine's own values alone.
var kubeletWants = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// enter makes the fresh namespaces into a machine: mounts, control groups, network.
func (n *Namespace) enter() error {
	steps := []struct {
		name string
		do   func() error
	}{
		{"hostname", func() error { return unix.Sethostname([]byte(n.Hostname)) }},
		{"mounts", n.mounts},
		{"sysctls", n.sysctls},
		{"cgroups", n.cgroups},
		{"network", n.network},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (n *Namespace) mounts() error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	resolv, resolvErr := os.ReadFile("/etc/resolv.conf")
	for dir, inMemory := range shadowed {
		if err := n.shadow(dir, inMemory); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	// On many machines /etc/resolv.conf leads into /run, which is empty now.
	if _, err := os.Stat("/etc/resolv.conf"); err != nil && resolvErr == nil {
		if err := restoreLink("/etc/resolv.conf", resolv); err != nil {
			return err
		}
	}
	// Pods may ask for mounts that propagate both ways.
	return unix.Mount("", "/", "", unix.MS_SHARED|unix.MS_REC, "")
}

// shadow lays an empty folder over dir; what is to be kept inside is held open and bound back.
func (n *Namespace) shadow(dir string, inMemory bool) error {
	kept := map[string]int{}
	for _, path := range n.Keep {
		if strings.HasPrefix(path, dir+"/") {
			fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			kept[path] = fd
		}
	}
	if err := n.mountEmpty(dir, inMemory); err != nil {
		return err
	}
	for path, fd := range kept {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", fd), path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return err
		}
	}
	return os.MkdirAll(filepath.Join(dir, "lock"), 0o755)
}

func (n *Namespace) mountEmpty(dir string, inMemory bool) error {
	if inMemory {
		return unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755")
	}
	source := filepath.Join(n.Data, dir)
	if err := os.MkdirAll(source, 0o755); err != nil {
		return err
	}
	return unix.Mount(source, dir, "", unix.MS_BIND, "")
}

func restoreLink(link string, content []byte) error {
	target, err := os.Readlink(link)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(link), target)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, content, 0o644)
}

func (n *Namespace) sysctls() error {
	for key, value := range kubeletWants {
		file := filepath.Join("/run/sysctl", key)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(file, filepath.Join("/proc/sys", key), "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1\n"), 0o644)
}
