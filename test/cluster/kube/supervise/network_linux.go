package supervise

import (
	"fmt"
	"net"
	"time"

	"github.com/vishvananda/netlink"
)

const linkDeadline = 30 * time.Second

// network waits for the link that the caller moves here, then makes it eth0 with the default route.
func (n *Namespace) network() error {
	if err := raise("lo"); err != nil {
		return err
	}
	link, err := awaitLink(n.Link)
	if err != nil {
		return err
	}
	if err := netlink.LinkSetName(link, "eth0"); err != nil {
		return err
	}
	address, err := netlink.ParseAddr(n.Address)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, address); err != nil {
		return err
	}
	if err := raise("eth0"); err != nil {
		return err
	}
	gateway := net.ParseIP(n.Gateway)
	return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: gateway})
}

func raise(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

func awaitLink(name string) (netlink.Link, error) {
	for end := time.Now().Add(linkDeadline); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if link, err := netlink.LinkByName(name); err == nil {
			return link, nil
		}
	}
	return nil, fmt.Errorf("%s did not arrive within %s", name, linkDeadline)
}
