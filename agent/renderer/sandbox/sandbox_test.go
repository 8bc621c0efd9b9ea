package sandbox

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const marker = "RENDERER_SANDBOX_TEST"

// TestMain runs the attempts in a process of its own: what Enter takes away does not come back.
func TestMain(m *testing.M) {
	if name := os.Getenv(marker); name != "" {
		if err := Enter(512 << 20); err != nil {
			os.Stdout.WriteString("no sandbox: " + err.Error())
			os.Exit(1)
		}
		attempt := refused[name]
		if attempt == nil {
			attempt = harmless[name]
		}
		os.Stdout.WriteString(attempt())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var held []byte

var refused = map[string]func() string{
	"read a file":    func() string { _, err := os.ReadFile("/etc/passwd"); return said(err) },
	"write a file":   func() string { return said(os.WriteFile("/tmp/renderer-sandbox-test", nil, 0o600)) },
	"list a folder":  func() string { _, err := os.ReadDir("/"); return said(err) },
	"run a program":  func() string { return said(exec.Command("/bin/true").Run()) },
	"signal another": func() string { return said(syscall.Kill(syscall.Getppid(), 0)) },
	"open a socket":  func() string { _, err := net.DialTimeout("tcp", "127.0.0.1:80", time.Second); return said(err) },
	"resolve a name": func() string { _, err := net.LookupHost("example.com"); return said(err) },
	"make a process": func() string {
		_, _, errno := syscall.RawSyscall(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0)
		return said(errno)
	},
}

var harmless = map[string]func() string{
	"use threads": func() string {
		done := make(chan bool)
		for range 20 {
			go func() {
				runtime.LockOSThread()
				time.Sleep(time.Millisecond)
				done <- len(make([]byte, 1<<20)) > 0
			}()
		}
		for range 20 {
			<-done
		}
		runtime.GC()
		return "worked"
	},
	"take memory": func() string {
		for range 1 << 10 {
			held = append(held, make([]byte, 1<<20)...)
		}
		return "taken"
	},
}

func said(err error) string {
	if err == nil {
		return "allowed"
	}
	if errors.Is(err, syscall.EPERM) || strings.Contains(err.Error(), "operation not permitted") {
		return "refused"
	}
	return err.Error()
}

func run(t *testing.T, name string) (string, error) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = []string{marker + "=" + name}
	output, err := command.CombinedOutput()
	return string(output), err
}

func TestRefuses(t *testing.T) {
	for name := range refused {
		t.Run(name, func(t *testing.T) {
			output, err := run(t, name)
			if err != nil || output != "refused" && !(name == "resolve a name" && strings.Contains(output, "lookup")) {
				t.Fatalf("%s: %v", output, err)
			}
		})
	}
}

func TestThreadsAndMemoryWithinTheLimitGoOn(t *testing.T) {
	output, err := run(t, "use threads")
	if err != nil || output != "worked" {
		t.Fatalf("%s: %v", output, err)
	}
}

func TestMemoryOverTheLimitEndsTheProcess(t *testing.T) {
	output, err := run(t, "take memory")
	if err == nil || !strings.Contains(output, "out of memory") {
		t.Fatalf("%s: %v", output, err)
	}
}
