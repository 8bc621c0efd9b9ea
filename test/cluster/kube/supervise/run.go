package supervise

import (
	"errors"
	"log"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	firstDelay = 200 * time.Millisecond
	lastDelay  = 5 * time.Second
	// A program that ran this long and then ended is started again without a delay.
	settled = 30 * time.Second
	// So often the supervisor looks whether its cluster's folder is still there.
	lookInterval = 2 * time.Second
)

type child struct {
	Component
	pid     int
	started time.Time
	delay   time.Duration
}

type death struct {
	pid    int
	status syscall.WaitStatus
}

// Run is the supervisor itself; it returns when it was told to stop or could not begin.
//
// Children are started from this one locked thread only: "kill me when my parent dies" refers to the
// thread that forked, and Go ends idle threads.
func Run(specPath string) error {
	runtime.LockOSThread()
	spec, err := load(specPath)
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	// Orphans (containerd's shims among them) come to the supervisor and are reaped here.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	if spec.Namespace != nil {
		if err := spec.Namespace.enter(); err != nil {
			return err
		}
	}
	due, deaths := make(chan *child), make(chan death)
	running := map[int]*child{}
	for _, component := range spec.Components {
		c := &child{Component: component, delay: firstDelay}
		go func() { awaitAll(c.WaitFor); due <- c }()
	}
	go reap(deaths)
	look := time.NewTicker(lookInterval)
	for {
		select {
		case <-look.C:
			// Whoever removed the folder, or cut the start off, no longer knows of this process.
			if _, err := os.Stat(specPath); errors.Is(err, os.ErrNotExist) {
				endAll(running)
				return nil
			}
		case c := <-due:
			if err := c.start(spec); err != nil {
				log.Printf("%s: %v", c.Name, err)
				c.again(due)
				continue
			}
			running[c.pid] = c
		case d := <-deaths:
			if c := running[d.pid]; c != nil {
				delete(running, d.pid)
				log.Printf("%s ended: exit %d, signal %v", c.Name, d.status.ExitStatus(), d.status.Signal())
				c.again(due)
			}
		case <-stop:
			endAll(running)
			return nil
		}
	}
}

func endAll(running map[int]*child) {
	for pid := range running {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

func (c *child) start(spec *Spec) error {
	out, err := spec.logFile(c.Name)
	if err != nil {
		return err
	}
	defer out.Close()
	none, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer none.Close()
	c.started = time.Now()
	c.pid, err = syscall.ForkExec(c.Args[0], c.Args, &syscall.ProcAttr{
		Dir:   spec.Directory,
		Env:   append(os.Environ(), c.Env...),
		Files: []uintptr{none.Fd(), out.Fd(), out.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	return err
}

func (c *child) again(due chan<- *child) {
	if time.Since(c.started) > settled {
		c.delay = firstDelay
	}
	wait := c.delay
	c.delay = min(2*c.delay, lastDelay)
	time.AfterFunc(wait, func() { due <- c })
}

func reap(deaths chan<- death) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch err {
		case nil:
			deaths <- death{pid, status}
		case syscall.ECHILD: // nothing runs at this moment
			time.Sleep(50 * time.Millisecond)
		}
	}
}
