//! Integer metrics of every usual kind, in OpenMetrics 2.0, a buffer at a time; no server.
#![no_std]
#![no_main]

picometer_bare_metal::usual!(Format::OpenMetrics200, 1_024);
