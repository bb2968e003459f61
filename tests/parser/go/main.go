// Reads pages with Go's expfmt, the parser of the Pushgateway, promtool and node_exporter's text files.
//
// Standard input is a JSON array of pages, standard output an array of verdicts: null for a page that is refused, else its numbers, each as
// name, labels, the bits of the value, and the moment in milliseconds or null.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

type sample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Bits   string            `json:"bits"`
	Millis *int64            `json:"millis"`
}

func read(page string) []sample {
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(strings.NewReader(page))
	if err != nil {
		return nil
	}
	found := []sample{}
	for name, family := range families {
		for _, metric := range family.Metric {
			push := func(suffix string, value float64, key string, own float64) {
				labels := map[string]string{}
				for _, pair := range metric.Label {
					labels[pair.GetName()] = pair.GetValue()
				}
				if key != "" {
					// As bits too, since expfmt keeps the number and not its spelling.
					labels[key] = bits(own)
				}
				found = append(found, sample{name + suffix, labels, bits(value), metric.TimestampMs})
			}
			switch family.GetType() {
			case dto.MetricType_COUNTER:
				push("", metric.Counter.GetValue(), "", 0)
			case dto.MetricType_GAUGE:
				push("", metric.Gauge.GetValue(), "", 0)
			case dto.MetricType_UNTYPED:
				push("", metric.Untyped.GetValue(), "", 0)
			case dto.MetricType_SUMMARY:
				for _, quantile := range metric.Summary.Quantile {
					push("", quantile.GetValue(), "quantile", quantile.GetQuantile())
				}
				if metric.Summary.SampleSum != nil {
					push("_sum", metric.Summary.GetSampleSum(), "", 0)
				}
				if metric.Summary.SampleCount != nil {
					push("_count", float64(metric.Summary.GetSampleCount()), "", 0)
				}
			case dto.MetricType_HISTOGRAM:
				for _, bucket := range metric.Histogram.Bucket {
					push("_bucket", float64(bucket.GetCumulativeCount()), "le", bucket.GetUpperBound())
				}
				if metric.Histogram.SampleSum != nil {
					push("_sum", metric.Histogram.GetSampleSum(), "", 0)
				}
				if metric.Histogram.SampleCount != nil {
					push("_count", float64(metric.Histogram.GetSampleCount()), "", 0)
				}
			}
		}
	}
	return found
}

// All that are no numbers are one.
func bits(value float64) string {
	if math.IsNaN(value) {
		return "NaN"
	}
	return strconv.FormatUint(math.Float64bits(value), 16)
}

func main() {
	var pages []string
	if err := json.NewDecoder(os.Stdin).Decode(&pages); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	verdicts := [][]sample{}
	for _, page := range pages {
		verdicts = append(verdicts, read(page))
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
