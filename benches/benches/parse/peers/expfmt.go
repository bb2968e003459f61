// Reads a page with Go's expfmt.
package main

import (
	"bytes"

	"github.com/prometheus/common/expfmt"
)

func main() {
	asked(func(page []byte) error {
		var parser expfmt.TextParser
		_, err := parser.TextToMetricFamilies(bytes.NewReader(page))
		return err
	})
}
