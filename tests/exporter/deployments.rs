//! Proxies, probes, addresses, and options that contradict each other.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use picometer_std::exporter::{BasicAuth, BearerToken, Exporter, OptionsError};

use crate::client::{METRICS, PAGE, exchange, exporter, get, send, started};
use crate::peers::Folder;

#[test]
fn landing_page_links_relatively() {
    let (_handle, address) = started(exporter().path("/internal/metrics").health_path("/up:1"), METRICS);
    let page = get(address, "/", &[]);
    let links: Vec<_> = page.text().split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links, ["internal/metrics", "./up:1", "-/ready"]);
}

#[test]
fn probes_need_no_credentials_wherever_they_are() {
    let token = || BearerToken::new("secret").unwrap();
    let (_handle, address) = started(exporter().bearer_token(token()), METRICS);
    assert_eq!((get(address, "/-/healthy", &[]).text(), get(address, "/-/ready", &[]).text()), ("OK\n", "ready\n"));
    assert_eq!(get(address, "/metrics", &[]).status, 401);
    let head = send(address, "HEAD /-/ready HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((head.status, head.header("content-length")), (200, Some("6")));
    let moved = exporter().bearer_token(token()).health_path("healthz").ready_path("/readyz").without_self_metrics();
    let (_handle, address) = started(moved, METRICS);
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz?verbose", 200),
        ("/health%7A", 200),
        ("/-/healthy", 401),
        ("/-/ready", 401),
        ("/metrics", 401),
        ("/", 401),
    ] {
        let response = get(address, path, &[]);
        assert_eq!(response.status, status, "{path}");
        assert!(!response.text().contains("boots"), "{path}");
    }
    assert_eq!(get(address, "/metrics", &["Authorization: Bearer secret"]).text(), PAGE);
}

#[test]
fn options_that_contradict_each_other_are_errors() {
    let cause = |exporter: Exporter| {
        let error = exporter.spawn(METRICS).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        error.get_ref().and_then(|cause| cause.downcast_ref::<OptionsError>()).expect("the cause").clone()
    };
    for same in [
        exporter().path("/-/healthy"),
        exporter().path("-/ready"),
        exporter().path("/-/health%79"),
        exporter().health_path("/metrics"),
        exporter().ready_path("/metrics"),
        exporter().health_path("/up").ready_path("/up"),
        exporter().bearer_token(BearerToken::new("x").unwrap()).path("/-/healthy"),
    ] {
        assert!(matches!(cause(same), OptionsError::SamePath { .. }));
    }
    let error = cause(exporter().path("/-/healthy"));
    assert!(error.to_string().contains("/-/healthy"), "{error}");
    assert_eq!(cause(exporter().basic_auth(BasicAuth::new())), OptionsError::NoUsers);
    // These do not.
    for good in
        [exporter().path("/"), exporter().path("/-/"), exporter().health_path("/"), exporter().path("/-/healthy").health_path("/up")]
    {
        assert!(good.spawn(METRICS).unwrap().shutdown().is_clean());
    }
}

#[test]
fn name_is_served_at_all_its_addresses() {
    let exporter = Exporter::bind("localhost:0").unwrap().without_self_metrics();
    let addresses = exporter.local_addrs();
    assert_eq!(addresses.first().copied(), exporter.local_addr());
    assert!(addresses.iter().all(|address| address.port() == addresses[0].port()), "{addresses:?}");
    // What this machine has of them.
    let known: Vec<SocketAddr> = std::net::ToSocketAddrs::to_socket_addrs("localhost:0").unwrap().collect();
    for address in known.into_iter().filter(|address| TcpListener::bind(address).is_ok()) {
        assert!(addresses.iter().any(|one| one.ip() == address.ip()), "{address} is not among {addresses:?}");
    }
    let handle = exporter.spawn(METRICS).unwrap();
    assert_eq!(handle.local_addrs(), addresses);
    for address in addresses {
        assert_eq!(get(address, "/metrics", &[]).text(), PAGE, "{address}");
    }
    assert!(handle.shutdown().is_clean());
}

#[test]
fn several_addresses_are_served() {
    let two: [SocketAddr; 3] = ["127.0.0.1:0".parse().unwrap(), "127.0.0.2:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()];
    let exporter = Exporter::bind(&two[..]).unwrap().and_bind("127.0.0.3:0").unwrap().without_self_metrics();
    let handle = exporter.spawn(METRICS).unwrap();
    assert_eq!(handle.local_addrs().len(), 3);
    for &address in handle.local_addrs() {
        assert_eq!(get(address, "/metrics", &[]).text(), PAGE, "{address}");
    }
    let addresses = handle.local_addrs().to_vec();
    // One of them that is taken is an error, not left out.
    let error = Exporter::bind(&[SocketAddr::new("127.0.0.4".parse().unwrap(), addresses[0].port()), addresses[0]][..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(handle.shutdown().is_clean());
    for address in addresses {
        assert!(std::net::TcpStream::connect(address).is_err());
    }
    // Both of the addresses that stand for all: one listener may take in the other.
    let all: [SocketAddr; 2] = ["0.0.0.0:0".parse().unwrap(), "[::]:0".parse().unwrap()];
    if TcpListener::bind("[::1]:0").is_ok() {
        let handle = Exporter::bind(&all[..]).unwrap().without_self_metrics().spawn(METRICS).unwrap();
        let port = handle.local_addr().unwrap().port();
        for host in ["127.0.0.1", "::1"] {
            assert_eq!(get(SocketAddr::new(host.parse().unwrap(), port), "/metrics", &[]).text(), PAGE, "{host}");
        }
        handle.shutdown();
    }
}

#[test]
fn unix_socket_has_the_mode_it_is_given() {
    let folder = Folder::new("unix-mode");
    let path = folder.path().join("metrics.sock");
    for mode in [0o600, 0o660, 0o777] {
        let exporter = Exporter::bind_unix_with_mode(&path, mode).unwrap().without_self_metrics().spawn(METRICS).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        let mut stream = UnixStream::connect(&path).unwrap();
        assert_eq!(exchange(&mut stream, "/metrics", &[]).text(), PAGE);
        assert_eq!(Exporter::bind_unix_with_mode(&path, mode).unwrap_err().kind(), ErrorKind::AddrInUse);
        assert!(exporter.shutdown().is_clean());
        assert!(!path.exists());
        // What a process leaves that was killed.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    }
}

#[test]
fn socket_file_of_a_successor_is_left_alone() {
    let folder = Folder::new("unix-successor");
    let path = folder.path().join("metrics.sock");
    let first = Exporter::bind_unix(&path).unwrap().spawn(METRICS).unwrap();
    std::fs::remove_file(&path).unwrap();
    let second = Exporter::bind_unix(&path).unwrap().without_self_metrics().spawn(METRICS).unwrap();
    first.shutdown();
    let mut stream = UnixStream::connect(&path).unwrap();
    assert_eq!(exchange(&mut stream, "/metrics", &[]).text(), PAGE);
    second.shutdown();
    assert!(!path.exists());
}
