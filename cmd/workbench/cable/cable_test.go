package cable

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// lay puts a cable in front of a server that counts what it was asked, with
// TLS and a client certificate as central has them, and gives a client that
// goes through the cable.
func lay(t *testing.T, h2 bool) (*Cable, *http.Client, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked.Add(1)
		_, _ = io.WriteString(w, "stored")
	}))
	srv.EnableHTTP2 = h2
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.StartTLS()
	t.Cleanup(srv.Close)

	c, err := Open(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})

	client := srv.Client()
	tr := client.Transport.(*http.Transport)
	tr.TLSClientConfig.Certificates = srv.TLS.Certificates
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.Addr())
	}
	t.Cleanup(tr.CloseIdleConnections)
	return c, client, &asked
}

// put sends a submission of some size and gives the reply.
func put(client *http.Client, patience time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return putWhile(ctx, client)
}

// putWhile is put with the patience of ctx.
func putWhile(ctx context.Context, client *http.Client) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://example.com/v1/submissions/1", strings.NewReader(strings.Repeat("x", 40<<10)))
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

const patience = time.Minute

func both(t *testing.T, f func(t *testing.T, h2 bool)) {
	t.Run("http/1.1", func(t *testing.T) { f(t, false) })
	t.Run("http/2", func(t *testing.T) { f(t, true) })
}

func TestPassCutPass(t *testing.T) {
	both(t, func(t *testing.T, h2 bool) {
		c, client, asked := lay(t, h2)
		for round := range 3 {
			if got, err := put(client, patience); got != "stored" || err != nil {
				t.Fatalf("round %d: %q, %v", round, got, err)
			}
			if err := c.Set(Cut); err != nil {
				t.Fatal(err)
			}
			client.CloseIdleConnections() // which were torn; this one is new
			if _, err := put(client, patience); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Fatalf("round %d, cut: %v, want connection refused", round, err)
			}
			if err := c.Set(Pass); err != nil {
				t.Fatal(err)
			}
		}
		if got := asked.Load(); got != 3 {
			t.Errorf("the far end was asked %d times, want 3", got)
		}
	})
}

func TestHoleNeverAnswers(t *testing.T) {
	c, client, asked := lay(t, false)
	if err := c.Set(Hole); err != nil {
		t.Fatal(err)
	}
	if _, err := put(client, 100*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hole: %v, want the caller's patience to end", err)
	}
	if got := asked.Load(); got != 0 {
		t.Errorf("the far end was asked %d times", got)
	}
}

func TestSlowIsSlow(t *testing.T) {
	c, client, _ := lay(t, false)
	if err := c.Set(Slow); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	got, err := put(client, time.Minute)
	if took := time.Since(start); got != "stored" || err != nil || took < 2*Delay {
		t.Errorf("slow: %q, %v after %v, want an answer after %v or more", got, err, took, 2*Delay)
	}
}

func TestPortalIsNotCentral(t *testing.T) {
	c, client, asked := lay(t, true)
	if err := c.Set(Dumb); err != nil {
		t.Fatal(err)
	}
	if got, err := put(client, patience); err == nil {
		t.Errorf("over TLS: %q, want the portal's certificate refused", got)
	}
	blind := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer blind.CloseIdleConnections()
	for _, url := range []string{"https://" + c.Addr() + "/v1/submissions/1", "http://" + c.Addr()} {
		resp, err := blind.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(b), "<h1>") {
			t.Errorf("%s: %d, %q, %v, want 200 with a page", url, resp.StatusCode, b, err)
		}
	}
	if got := asked.Load(); got != 0 {
		t.Errorf("the far end was asked %d times", got)
	}
}

func TestLostReplies(t *testing.T) {
	both(t, func(t *testing.T, h2 bool) {
		c, client, asked := lay(t, h2)
		if err := c.Set(Lose); err != nil {
			t.Fatal(err)
		}
		ctx, giveUp := context.WithTimeout(t.Context(), patience)
		defer giveUp()
		go func() { // lose patience some time after the far end has answered
			for asked.Load() == 0 && ctx.Err() == nil {
				<-time.After(5 * time.Millisecond)
			}
			<-time.After(300 * time.Millisecond)
			giveUp()
		}()
		if got, err := putWhile(ctx, client); err == nil {
			t.Errorf("reply %q arrived", got)
		}
		if got := asked.Load(); got != 1 {
			t.Errorf("the far end was asked %d times, want once", got)
		}
		if err := c.Set(Pass); err != nil {
			t.Fatal(err)
		}
		// The first try may find its old connection torn, never the second.
		got, err := put(client, patience)
		if err != nil {
			got, err = put(client, patience)
		}
		if got != "stored" || err != nil {
			t.Errorf("afterwards: %q, %v", got, err)
		}
	})
}

func TestChangeTearsWhatWaits(t *testing.T) {
	c, client, _ := lay(t, false)
	if err := c.Set(Hole); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", c.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// The cable holds it once a second connection, made later, was carried.
	_, _ = put(client, 100*time.Millisecond)
	if err := c.Set(Cut); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection of before the cut: %v, want it torn", err)
	}
}

func TestUnknownMode(t *testing.T) {
	c, _, _ := lay(t, false)
	if err := c.Set("wet"); err == nil || c.Mode() != Pass {
		t.Errorf("Set(wet) = %v, mode %s, want a refusal", err, c.Mode())
	}
}
