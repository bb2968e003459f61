// Reads a page with VictoriaMetrics' parser.
package main

import "github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"

func main() {
	var rows prometheus.Rows
	var text string
	asked(func(page []byte) error {
		if text == "" {
			text = string(page)
		}
		rows.Unmarshal(text)
		return nil
	})
}
