//! Where the device gets its address from: it is fixed, or with feature `dhcp` the network is asked.
//!
//! On a PC it is always fixed: the wire in memory has no DHCP server.

use smoltcp::iface::{Interface, SocketSet};
use smoltcp::wire::{IpCidr, Ipv4Address, Ipv4Cidr};

use crate::info;

/// The fixed address; QEMU's user network forwards to it.
pub const ADDRESS: Ipv4Cidr = Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24);
/// The way out of that network.
pub const GATEWAY: Ipv4Address = Ipv4Address::new(10, 0, 2, 2);

/// Gives the interface its address.
#[derive(Debug)]
pub struct Addressing {
    #[cfg(all(feature = "dhcp", target_os = "none"))]
    client: smoltcp::iface::SocketHandle,
}

#[cfg(not(all(feature = "dhcp", target_os = "none")))]
impl Addressing {
    /// Sockets that it needs for itself.
    pub const SOCKETS: usize = 0;

    /// Sets the fixed address.
    pub fn new(interface: &mut Interface, _sockets: &mut SocketSet<'_>) -> Self {
        assign(interface, Some((ADDRESS, Some(GATEWAY))));
        Self {}
    }

    /// Keeps the address up to date.
    pub fn poll(&mut self, _interface: &mut Interface, _sockets: &mut SocketSet<'_>) {}
}

#[cfg(all(feature = "dhcp", target_os = "none"))]
impl Addressing {
    /// Sockets that it needs for itself.
    pub const SOCKETS: usize = 1;

    /// Starts to ask for an address.
    pub fn new(_interface: &mut Interface, sockets: &mut SocketSet<'_>) -> Self {
        Self { client: sockets.add(smoltcp::socket::dhcpv4::Socket::new()) }
    }

    /// Keeps the address up to date.
    pub fn poll(&mut self, interface: &mut Interface, sockets: &mut SocketSet<'_>) {
        use smoltcp::socket::dhcpv4::{Event, Socket};
        match sockets.get_mut::<Socket<'_>>(self.client).poll() {
            None => {}
            Some(Event::Configured(lease)) => assign(interface, Some((lease.address, lease.router))),
            Some(Event::Deconfigured) => assign(interface, None),
        }
    }
}

fn assign(interface: &mut Interface, lease: Option<(Ipv4Cidr, Option<Ipv4Address>)>) {
    interface.update_ip_addrs(|addresses| {
        addresses.clear();
        if let Some((address, _)) = lease {
            let octets = address.address().octets();
            info!("address {=u8}.{=u8}.{=u8}.{=u8}", octets[0], octets[1], octets[2], octets[3]);
            // There is room for one, and it has just been cleared.
            let _ = addresses.push(IpCidr::Ipv4(address));
        } else {
            info!("no address");
        }
    });
    match lease.and_then(|(_, router)| router) {
        // Likewise: the table has room for one, and the same destination replaces it.
        Some(router) => drop(interface.routes_mut().add_default_ipv4_route(router)),
        None => drop(interface.routes_mut().remove_default_ipv4_route()),
    }
}
