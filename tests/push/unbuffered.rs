//! The core's client, which has no memory, against real receivers: over a socket, in pieces of any size.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use picometer::push::{Body, Client, RemoteWrite, RemoteWriteVersion, Request, Response, ResponseError};
use picometer::{Exposition, Format, Timestamp};

use crate::Sample;
use crate::peers::{Prometheus, get, newer, program, pushgateway};

const SAMPLE: Sample = Sample { count: 9 };

fn push<B: Body>(address: SocketAddr, mut client: Client<'_, B, 256>, room: usize) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut buffer = vec![0; room];
    loop {
        match client.transmit(&mut buffer).unwrap() {
            0 => break,
            len => stream.write_all(&buffer[..len]).unwrap(),
        }
    }
    assert!(client.is_sent());
    loop {
        let len = stream.read(&mut buffer).unwrap();
        client.receive(&buffer[..len]);
        if let Some(response) = client.response(len == 0) {
            return response.unwrap();
        }
    }
}

#[test]
fn pushgateways() {
    let programs = program("prometheus-pushgateway").into_iter().chain(newer("prometheus-pushgateway"));
    for program in programs {
        let server = pushgateway(&program, "");
        for (room, instance) in [(1, "one"), (7, "seven"), (1_024, "all")] {
            let path = format!("/metrics/job/device/instance/{instance}");
            let headers = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")];
            let request = Request { method: "PUT", host: "device", path: &path, headers: &headers };
            let response = push(server.address, Client::new(request, Exposition::new(&SAMPLE, Format::Text004)), room);
            assert!(response.is_success() && response.date.is_some_and(|date| date.seconds() > 1_700_000_000), "{response:?}");
            let page = get(server.address, "/metrics", &[]).unwrap();
            let expected = format!("wait_seconds_count{{instance=\"{instance}\",job=\"device\"}} 6\n");
            assert!(page.text().contains(&expected), "{}", page.text());
        }
        let wrong = Request { method: "PUT", host: "device", path: "/metrics/job", headers: &[] };
        let response = push(server.address, Client::new(wrong, ()), 64);
        assert!(!response.is_success() && !response.may_retry(), "{response:?}");
    }
}

fn remote_write(server: &Prometheus, version: RemoteWriteVersion) {
    for (room, instance) in [(1, "one"), (300, "some")] {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = Timestamp::new(now.as_secs() as i64, now.subsec_nanos());
        let labels = [("job", "device"), ("instance", instance)];
        let body: RemoteWrite<'_> = RemoteWrite::new(&SAMPLE, version, now).labels(&labels);
        let headers = [
            ("Content-Type", version.content_type()),
            ("Content-Encoding", "snappy"),
            ("X-Prometheus-Remote-Write-Version", version.header()),
        ];
        let request = Request { method: "POST", host: "prometheus", path: "/api/v1/write", headers: &headers };
        let response = push(server.address(), Client::new(request, body), room);
        assert_eq!(response.status, 204);
        let of = |name: &str, more: &str| server.value(&format!("{name}{{job='device',instance='{instance}'{more}}}"));
        assert_eq!((of("import_rows_total", ",table='orders'"), of("tank_liters", ",tank='north east'")), (9.0, 2.5));
        assert_eq!((of("wait_seconds_bucket", ",le='1.0'"), of("wait_seconds_bucket", ",le='+Inf'")), (4.0, 6.0));
        assert_eq!((of("size_bytes", ",quantile='0.5'"), of("size_bytes_sum", "")), (120.0, 2_040.0));
    }
}

#[test]
fn prometheus() {
    let receives = "--web.enable-remote-write-receiver";
    if let Some(program) = program("prometheus") {
        remote_write(&Prometheus::start_with(&program, &[], "", &[receives]), RemoteWriteVersion::V1);
    }
    for program in newer("prometheus").into_iter().filter(|program| program.to_string_lossy().contains("forky")) {
        let message = "--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request";
        remote_write(&Prometheus::start_with(&program, &[], "", &[receives, message]), RemoteWriteVersion::V2);
    }
}

#[test]
fn answers_in_pieces_and_answers_that_are_none() {
    let request = Request { method: "PUT", host: "h", path: "/", headers: &[] };
    let answer = |text: &[u8], piece: usize| {
        let mut client = Client::<_, 64>::new(request, ());
        text.chunks(piece).for_each(|piece| client.receive(piece));
        (client.response(true).unwrap(), client.reason().to_vec())
    };
    let refusal =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503 Busy\r\nX: y\r\nretry-after:  9 \r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\nlater";
    for piece in 1..refusal.len() {
        let expected = Response { status: 503, date: Some(Timestamp::from_seconds(1_700_000_000)), retry_after: Some(9) };
        assert_eq!(answer(refusal, piece), (Ok(expected), b"later".to_vec()));
    }
    let dated = b"HTTP/1.1 429 No\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nRetry-After: Tue, 14 Nov 2023 22:13:45 GMT\r\n\r\n";
    assert_eq!(answer(dated, 3).0.unwrap().retry_after, Some(25));
    assert_eq!(answer(b"", 1).0, Err(ResponseError::Closed));
    assert_eq!(answer(b"HTTP/1.1 200 OK\r\nA: b\r\n", 5).0, Err(ResponseError::Closed));
    assert_eq!(answer(b"SSH-2.0-x\r\n", 5).0, Err(ResponseError::NotHttp));
    assert_eq!(answer(b"HTTP/1.1 2000 OK\r\n\r\n", 5).0, Err(ResponseError::NotHttp));
    let endless = [b"HTTP/1.1 200 OK\r\n".as_slice(), &b"a: b\r\n".repeat(4_000)].concat();
    assert_eq!(answer(&endless, 100).0, Err(ResponseError::TooLong));
}
