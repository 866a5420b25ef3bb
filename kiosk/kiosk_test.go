package kiosk_test

import (
	"context"
	"errors"
	"testing"

	"motcua/kiosk"
)

func part(name string, run func(context.Context) error) kiosk.Part {
	return kiosk.Part{Name: name, Run: run}
}

func waits(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func TestRun(t *testing.T) {
	broken := errors.New("broken")
	for _, tc := range []struct {
		name  string
		parts []kiosk.Part
		want  string
	}{
		{"ends when it is told to", []kiosk.Part{part("station", waits), part("hatch", waits)}, ""},
		{"a part that fails ends the others", []kiosk.Part{part("station", waits),
			part("hatch", func(context.Context) error { return broken })}, "hatch: broken"},
		{"a part may not just end", []kiosk.Part{part("station", waits),
			part("uplink", func(context.Context) error { return nil })}, "uplink ended"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tc.want == "" {
				cancel()
			}
			got := ""
			if err := kiosk.Run(ctx, tc.parts...); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("Run: %q, want %q", got, tc.want)
			}
		})
	}
}
