//! How much of the panel one address may take: connections, and pages that are being made at the same time. What one has
//! taken leaves room for the others, and for the telephone, which this program answers as well.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tower_service::Service;

/// Of one address: a browser has six or one, and a whole office may sit behind one address.
const CONNECTIONS: usize = 64;
/// Of all addresses together, so that descriptors are left for calls.
const ALL_CONNECTIONS: usize = 256;
/// Pages of one address that are made at the same time; others wait so long for their turn.
const PAGES: usize = 16;
const TURN: Duration = Duration::from_secs(10);

/// Who is connected.
#[derive(Clone, Default)]
pub struct Crowd(Arc<Mutex<HashMap<IpAddr, Guest>>>);

/// An address that has a connection.
struct Guest {
    connections: usize,
    pages: Pages,
}

/// Turns at pages.
#[derive(Clone)]
struct Pages(Arc<Semaphore>);

impl Crowd {
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut guests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = guests.values().map(|guest| guest.connections).sum();
        let here = guests.get(&address).map_or(0, |guest| guest.connections);
        if here >= CONNECTIONS || all >= ALL_CONNECTIONS {
            return None;
        }
        let new = || Guest { connections: 0, pages: Pages(Arc::new(Semaphore::new(PAGES))) };
        let guest = guests.entry(address).or_insert_with(new);
        guest.connections += 1;
        Some(Place { crowd: self.clone(), address, pages: guest.pages.clone() })
    }

    fn leave(&self, address: IpAddr) {
        let mut guests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guest) = guests.get_mut(&address) {
            guest.connections -= 1;
            if guest.connections == 0 {
                guests.remove(&address);
            }
        }
    }
}

/// A connection's place, free again when it is dropped.
struct Place {
    crowd: Crowd,
    address: IpAddr,
    pages: Pages,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.leave(self.address);
    }
}

/// What answers on a connection holds its place as long as it lives.
#[derive(Clone)]
pub struct Placed<S> {
    service: S,
    place: Arc<Place>,
}

impl<S, B> Service<axum::http::Request<B>> for Placed<S>
where
    S: Service<axum::http::Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: axum::http::Request<B>) -> S::Future {
        request.extensions_mut().insert(self.place.pages.clone());
        self.service.call(request)
    }
}

impl<S> Accept<TcpStream, S> for Crowd {
    type Stream = TcpStream;
    type Service = Placed<S>;
    type Future = std::future::Ready<io::Result<(TcpStream, Placed<S>)>>;

    /// Before TLS, which costs more than a refusal.
    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = stream.peer_addr().and_then(|peer| {
            self.enter(peer.ip().to_canonical()).ok_or_else(|| io::Error::other("too many connections"))
        });
        std::future::ready(place.map(|place| (stream, Placed { service, place: Arc::new(place) })))
    }
}

/// A page is made when it is its address's turn.
pub async fn in_turn(request: Request, next: Next) -> Response {
    let Some(Pages(turns)) = request.extensions().get().cloned() else {
        return next.run(request).await;
    };
    match tokio::time::timeout(TURN, turns.acquire_owned()).await {
        Ok(Ok(_turn)) => next.run(request).await,
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_address_and_free_again() {
        let crowd = Crowd::default();
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let mut places: Vec<Place> = (0..CONNECTIONS).map(|_| crowd.enter(address(1)).unwrap()).collect();
        assert!(crowd.enter(address(1)).is_none());
        let others: Vec<Option<Place>> =
            (0..ALL_CONNECTIONS).map(|n| crowd.enter(address(2 + (n % 8) as u8))).collect();
        assert_eq!(others.iter().flatten().count(), ALL_CONNECTIONS - CONNECTIONS);
        drop(others);
        places.pop();
        assert!(crowd.enter(address(1)).is_some());
        drop(places);
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}
