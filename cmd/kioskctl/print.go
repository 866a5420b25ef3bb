package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// give prints v as JSON if that was asked for, else by table.
func (d *desk) give(v any, table func(*tabwriter.Writer)) error {
	if d.json {
		enc := json.NewEncoder(d.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	table(w)
	return w.Flush()
}

// row writes one line of a table.
func row(w *tabwriter.Writer, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = fmt.Sprint(c)
		if texts[i] == "" {
			texts[i] = "-"
		}
	}
	fmt.Fprintln(w, strings.TrimRight(strings.Join(texts, "\t"), "\t"))
}

// ago gives the time since t in at most two units: "3 d 4 h", "12 min".
func (d *desk) ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	gone := d.now.Sub(t)
	switch {
	case gone < 0:
		return "in " + span(-gone)
	case gone < time.Second:
		return "now"
	}
	return span(gone) + " ago"
}

func span(d time.Duration) string {
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d s", int(d.Seconds()))
}

// within bounds a call that should be answered at once.
const within = 10 * time.Second
