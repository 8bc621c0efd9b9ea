// Package supervise runs the programs of one cluster under one parent and keeps them running.
//
// What must hold: when the supervisor is gone, everything it started is gone, however it ended. With
// a namespace the kernel guarantees it: the supervisor is process 1 of a PID namespace, and with it
// go all processes (the pods' too), mounts, interfaces and nftables tables. Without one, each child
// asks the kernel to be killed when its parent dies.
package supervise

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Spec is what the command line's one argument, a JSON file, holds.
type Spec struct {
	// Directory is the cluster's state folder: supervisor.pid and logs/ are written there.
	Directory string `json:"directory"`
	// Namespace is absent where the programs run as plain processes of the caller.
	Namespace  *Namespace  `json:"namespace,omitempty"`
	Components []Component `json:"components"`
}

// Namespace is the machine-in-a-machine in which a real node runs. It needs root.
type Namespace struct {
	Hostname string `json:"hostname"`
	// Link is the name of the veth end that the caller moves here after the start.
	Link string `json:"link"`
	// Address is the node's own, in CIDR form; Gateway is the host's end of the link.
	Address string `json:"address"`
	Gateway string `json:"gateway"`
	// Cgroup is the name, under the root of each hierarchy, of the group that pods are put into.
	Cgroup string `json:"cgroup"`
	// Data is the folder that holds what the node's programs write to disk.
	Data string `json:"data"`
	// Keep lists folders that stay visible although an empty one is laid over their parent.
	Keep []string `json:"keep"`
}

// Component is one program that is started again whenever it ends.
type Component struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
	Env  []string `json:"env,omitempty"`
	// WaitFor holds what must answer before the first start: an https:// URL or unix: path.
	WaitFor []string `json:"waitFor,omitempty"`
}

func load(path string) (*Spec, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	spec := &Spec{}
	return spec, json.Unmarshal(data, spec)
}

func (s *Spec) logFile(name string) (*os.File, error) {
	path := filepath.Join(s.Directory, "logs", name+".log")
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}
