//! For actix-web.
//!
//! ```
//! use actix_web::{App, middleware::from_fn, web};
//! use picometer_std::serve::HttpMetrics;
//! use picometer_std::serve::actix_web::{measure, metrics};
//!
//! let requests = HttpMetrics::server();
//! let app = move || {
//!     App::new()
//!         .app_data(web::Data::new(requests.clone()))
//!         .wrap(from_fn(measure))
//!         .route("/orders/{id}", web::get().to(|| async { "an order" }))
//!         .route("/metrics", metrics(requests.clone()))
//! };
//! # let _ = app;
//! ```

mod body;

use std::future::{Future, poll_fn};
use std::pin::pin;

use ::actix_web::body::{BodySize, MessageBody};
use ::actix_web::dev::{ServiceRequest, ServiceResponse};
use ::actix_web::http::header::CONTENT_LENGTH;
use ::actix_web::http::{Method, StatusCode};
use ::actix_web::middleware::Next;
use ::actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, Route, web};
use picometer::Collector;

pub use self::body::MeasuredBody;
use super::flight::guarded;
use super::page_thread::{OwnedRequest, Renderer};
use super::requests::HttpMetrics;
use crate::respond::{RequestParts, ResponseParts, respond};

/// Returns a route that answers with metrics. Methods are answered as [`respond`] says.
///
/// Each worker makes its own; clones of one collector, or a `&'static` one, are the same metrics. Collectors run on a thread of their
/// own, so that a slow one does not stop the worker. While 16 responses are under way in a worker, further requests have the status
/// 503.
///
/// Of metrics that were refused, such as the second of one name, it shows nothing: assert in a test that `default_registry().refused()`
/// is empty.
pub fn metrics(metrics: impl Collector + 'static) -> Route {
    let metrics = Renderer::new(metrics);
    web::route().to(move |request: HttpRequest| {
        let rendering = metrics.start(owned(&request));
        async move { response(rendering.await) }
    })
}

/// Answers one request with metrics on the thread of the caller, for handlers of your own.
pub fn answer(request: &HttpRequest, metrics: &dyn Collector) -> HttpResponse {
    let OwnedRequest { method, target, headers } = owned(request);
    let parts = headers.iter().fold(RequestParts::new(method, target), |parts, (name, value)| parts.header(name, value));
    response(respond(&parts, metrics))
}

fn owned(request: &HttpRequest) -> OwnedRequest {
    let headers = request.headers().iter();
    OwnedRequest {
        // actix leaves the body of `HEAD` out itself, and says how long it would have been.
        method: if request.method() == Method::HEAD { "GET" } else { request.method().as_str() }.to_owned(),
        target: request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect(),
    }
}

fn response(response: ResponseParts) -> HttpResponse {
    let mut builder = HttpResponse::build(StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in response.headers {
        // actix counts the body itself.
        if name != "content-length" {
            builder.insert_header((name, &*value));
        }
    }
    builder.body(response.body)
}

/// A middleware that measures requests into the application's [`HttpMetrics`], for `middleware::from_fn`.
///
/// The route is the pattern that matched; a path that matched none has the route `""`. [`HttpMetrics`] says what is measured.
///
/// # Errors
///
/// Returns those of the service behind it.
pub async fn measure<B: MessageBody + 'static>(
    metrics: web::Data<HttpMetrics>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<MeasuredBody<B>>, Error> {
    let mut flight = metrics.begin(request.method().as_str(), Some(0));
    flight.route().set(&request.match_pattern().unwrap_or_default());
    let payload = body::counted(request.take_payload(), &mut || flight.counts_request());
    request.set_payload(payload);
    let mut flight = Some(flight);
    let mut answer = pin!(next.call(request));
    let result = poll_fn(|context| guarded(&mut flight, || answer.as_mut().poll(context))).await;
    if let Some(flight) = &mut flight {
        match &result {
            Ok(response) => {
                flight.route().set(&response.request().match_pattern().unwrap_or_default());
                let said = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
                let size = match response.response().body().size() {
                    BodySize::None => Some(0),
                    BodySize::Sized(bytes) => Some(bytes),
                    BodySize::Stream => said,
                };
                flight.answered(response.status().as_u16(), size);
            }
            Err(error) => flight.refused(error.as_response_error().status_code().as_u16()),
        }
    }
    result.map(|response| response.map_body(|_, inner| MeasuredBody::new(inner, flight)))
}
