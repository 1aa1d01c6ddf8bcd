//! Styles, scripts and the icon. Their addresses change with what is in them, so that browsers may keep them.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const FILES: [(&str, &str, &[u8]); 5] = [
    ("panel.css", CSS, include_bytes!("../../assets/panel.css")),
    ("reports.css", CSS, include_bytes!("../../assets/reports.css")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../assets/icon.svg")),
    ("htmx.js", SCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/htmx.js"))),
    ("sse.js", SCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/sse.js"))),
];

/// Name to the address that holds a part of its hash.
static ADDRESSES: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
    let address = |(name, _, bytes): (&'static str, _, &[u8])| {
        let hash: String = Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        (name, format!("/assets/{hash}-{name}"))
    };
    FILES.into_iter().map(address).collect()
});

/// The address of an asset.
pub fn versioned(name: &str) -> &str {
    ADDRESSES.get(name).map_or("", String::as_str)
}

pub async fn show(Path(name): Path<String>) -> Response {
    let wanted = name.split_once('-').map_or("", |(_, name)| name);
    match FILES.into_iter().find(|(known, ..)| *known == wanted) {
        Some((_, kind, bytes)) => {
            let kept = "public, max-age=31536000, immutable";
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
