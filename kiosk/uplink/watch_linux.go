package uplink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// settleTime lets a burst of changes pass: a cable that is plugged in yields a
// dozen messages within it.
const settleTime = 300 * time.Millisecond

// watchNetwork calls changed after links, addresses or routes came or went, as
// of rtnetlink(7). It returns when ctx ends.
func watchNetwork(ctx context.Context, changed func()) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open rtnetlink: %w", err)
	}
	f := os.NewFile(uintptr(fd), "rtnetlink")
	defer f.Close()
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK |
		unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV6_ROUTE})
	if err != nil {
		return fmt.Errorf("listen to rtnetlink: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })()
	buf := make([]byte, 8<<10)
	for {
		// What it says does not matter, only that it speaks. A full buffer
		// (ENOBUFS) means that it spoke a lot.
		_, err := f.Read(buf)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			return fmt.Errorf("read rtnetlink: %w", err)
		}
		if err := f.SetReadDeadline(time.Now().Add(settleTime)); err != nil {
			return fmt.Errorf("wait on rtnetlink: %w", err)
		}
		for err == nil {
			_, err = f.Read(buf)
		}
		if err := f.SetReadDeadline(time.Time{}); err != nil {
			return fmt.Errorf("wait on rtnetlink: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		changed()
	}
}
