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

use ::actix_web::body::{BodySize, MessageBody};
use ::actix_web::dev::{ServiceRequest, ServiceResponse};
use ::actix_web::http::header::CONTENT_LENGTH;
use ::actix_web::http::{Method, StatusCode};
use ::actix_web::middleware::Next;
use ::actix_web::{Error, HttpRequest, HttpResponse, Route, web};
use picometer::Collector;

use super::requests::HttpMetrics;
use crate::respond::{RequestParts, respond};

/// The page of metrics, as a route. Methods are answered as [`respond`] says.
///
/// Each worker makes its own; clones of one collector, or a `&'static` one, are the same metrics.
pub fn metrics(metrics: impl Collector + 'static) -> Route {
    let metrics = web::Data::new(metrics);
    web::route().to(move |request: HttpRequest| {
        let response = answer(&request, &**metrics);
        async move { response }
    })
}

/// Answers one request with the page of metrics, for handlers of your own.
pub fn answer(request: &HttpRequest, metrics: &dyn Collector) -> HttpResponse {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    // actix leaves the body of `HEAD` out itself, and says how long it would have been.
    let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
    let mut parts = RequestParts::new(method, target);
    for (name, value) in request.headers() {
        if let Ok(value) = value.to_str() {
            parts.add_header(name.as_str(), value);
        }
    }
    let response = respond(&parts, metrics);
    let mut builder = HttpResponse::build(StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in response.headers {
        // actix counts the body itself.
        if name != "content-length" {
            builder.insert_header((name, &*value));
        }
    }
    builder.body(response.body)
}

/// A middleware that measures requests into the application's [`HttpMetrics`], for `middleware::from_fn`. The route is the pattern
/// that matched; what matched none has none.
///
/// # Errors
///
/// Those of the service behind it.
pub async fn measure<B: MessageBody + 'static>(
    metrics: web::Data<HttpMetrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut flight = metrics.begin(request.method().as_str(), length);
    flight.lead_to(&request.match_pattern().unwrap_or_default());
    match next.call(request).await {
        Ok(response) => {
            let route = response.request().match_pattern().unwrap_or_default();
            let size = match response.response().body().size() {
                BodySize::None => Some(0),
                BodySize::Sized(bytes) => Some(bytes),
                BodySize::Stream => None,
            };
            flight.end(&route, response.status().as_u16(), size);
            Ok(response)
        }
        Err(error) => {
            let status = error.as_response_error().status_code().as_u16();
            flight.end("", status, None);
            Err(error)
        }
    }
}
