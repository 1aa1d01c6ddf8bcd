//! Reports: what calls add up to.

use crate::Panel;
use crate::visit::Who;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub async fn show(State(_): State<Arc<Panel>>, axum::Extension(_): Who) -> Response {
    "".into_response()
}
pub async fn file(State(_): State<Arc<Panel>>, axum::Extension(_): Who, Path(_): Path<String>) -> Response {
    "".into_response()
}
