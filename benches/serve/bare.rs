//! The server to compare with: the same HTTP stack on one thread, with the same answer for every request.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, DATE, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::client;
use super::options::BaselineOptions;

/// Serves until the process is killed.
pub fn run(bare: &BaselineOptions) {
    let (headers, body) = bare.like.as_ref().map_or_else(Default::default, |file| read(&std::fs::read(file).unwrap()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(serve(bare, headers, body));
}

async fn serve(bare: &BaselineOptions, headers: HeaderMap, body: Bytes) {
    let listener = TcpListener::bind(bare.at).await.unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true).unwrap();
        let (headers, body) = (headers.clone(), body.clone());
        let answer = service_fn(move |_: Request<Incoming>| {
            let mut response = Response::new(Full::new(body.clone()));
            *response.headers_mut() = headers.clone();
            async move { Ok::<_, Infallible>(response) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(5))
            .serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(connection);
    }
}

/// Splits an answer into the header lines that the stack doesn't write itself, and the body.
fn read(answer: &[u8]) -> (HeaderMap, Bytes) {
    let head = client::Head::read(answer).unwrap().expect("a whole answer");
    let text = std::str::from_utf8(&answer[..head.length]).unwrap();
    let lines = text.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = lines
        .map(|(name, value)| (HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap()))
        .filter(|(name, _)| name != DATE && name != CONTENT_LENGTH)
        .collect();
    (headers, Bytes::copy_from_slice(&answer[head.length..head.length + head.body]))
}
