//! Integer metrics of every usual kind, text 0.0.4, a buffer at a time; no server.
#![no_std]
#![no_main]

picometer_bare_metal::usual!(Format::Text004, 256);
