// Reads a page with Prometheus' own parser.
package main

import (
	"io"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func main() {
	asked(func(page []byte) error {
		parser, err := textparse.New(page, "text/plain")
		for err == nil {
			var entry textparse.Entry
			if entry, err = parser.Next(); err == nil && entry == textparse.EntrySeries {
				// As the server does for each series that it sees for the first time.
				var series labels.Labels
				parser.Metric(&series)
			}
		}
		if err == io.EOF {
			err = nil
		}
		return err
	})
}
