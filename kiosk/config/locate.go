package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// places says on which line a key stands: "central.url", "peripheral.1.port".
type places map[string]int

// line is where key stands, else its table, else 0.
func (p places) line(key string) int {
	for {
		if n, ok := p[key]; ok {
			return n
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
}

// locate finds the line of every key. Text that is no TOML gives what stands
// before the mistake.
func locate(text []byte) places {
	at := places{}
	p := unstable.Parser{}
	p.Reset(text)
	table, seen := "", map[string]int{}
	for p.NextExpression() {
		e := p.Expression()
		var key []string
		line := 0
		for it := e.Key(); it.Next(); {
			part := it.Node()
			if line == 0 {
				line = 1 + bytes.Count(text[:part.Raw.Offset], []byte("\n"))
			}
			key = append(key, string(part.Data))
		}
		name := strings.Join(key, ".")
		switch e.Kind {
		case unstable.Table:
			table = name
			at[table] = line
		case unstable.ArrayTable:
			table = fmt.Sprintf("%s.%d", name, seen[name])
			seen[name]++
			at[table] = line
		case unstable.KeyValue:
			if table != "" {
				name = table + "." + name
			}
			at[name] = line
		}
	}
	return at
}
