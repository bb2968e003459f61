//! Integer metrics of every usual kind, in protobuf, a buffer at a time; no server.
#![no_std]
#![no_main]

picometer_bare_metal::usual!(Format::Protobuf, 1_024);
