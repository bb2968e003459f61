//! The responder: bytes in, bytes out, in every piece size and every room; good requests and bad ones.

mod auth;
mod broken;
mod client;
#[path = "../fixture/mod.rs"]
mod fixture;
mod garbage;
mod keeping;
mod limits;
mod malformed;
mod pages;
mod pieces;
mod refused;
mod selection;
mod serve;
mod served;
mod table;
mod time;
