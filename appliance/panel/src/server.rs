//! Every page and who may see it; TLS, limits and headers around them.
//!
//! It must not answer on a connection that is not encrypted.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::{Router, middleware};
use portaveu_store::Store;

use crate::certificate::{CertificateError, Files};
use crate::desk::Desk;
use crate::live::LivePages;
use crate::pages::{account, answers, assets, box_state, calls, lights, messages, now, people, reports, unanswered};
use crate::rights::Area;
use crate::sign_in::{self, lock::Tries};
use crate::texts::{AllTexts, TextsError};
use crate::visit::guard;
use crate::{Panel, security};

/// The longest form: a topic with all its examples.
const LONGEST_FORM: usize = 1 << 20;
/// A browser has so long for its request's head.
const HEAD: Duration = Duration::from_secs(10);

/// How the panel is served.
#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Names that browsers call it by.
    pub names: Vec<String>,
    pub certificate: Files,
    /// Whether the box made the certificate itself.
    pub own_certificate: bool,
    /// Where each month's report is kept.
    pub reports: PathBuf,
    /// From where the box's own numbers may be read by Prometheus.
    pub prometheus: Vec<IpAddr>,
    /// The typeface of printed reports, plain and bold.
    pub typeface: (PathBuf, PathBuf),
}

/// Why there is no panel.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    #[error("the panel cannot listen at {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Texts(#[from] TextsError),
    #[error("the panel ended: {0}")]
    Ended(std::io::Error),
}

/// Serve the panel until this is dropped.
pub async fn serve(settings: Settings, desk: Arc<dyn Desk>, store: Arc<Store>) -> Result<(), PanelError> {
    let listen = settings.listen;
    if settings.own_certificate {
        settings.certificate.make(&settings.names, listen.ip())?;
    }
    let tls = settings.certificate.load().await?;
    let texts = AllTexts::load()?;
    let live = LivePages::default();
    let panel = Arc::new(Panel { desk, store, texts, live, tries: Tries::default(), settings });
    let failed = |error| PanelError::Listen(listen, error);
    let listener = TcpListener::bind(listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    tracing::info!("the panel is at https://{listen}");
    let pages = pages(panel.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp_rustls(listener, tls).map_err(failed)?;
    server.http_builder().http1().header_read_timeout(HEAD);
    tokio::select! {
        ended = server.serve(pages) => ended.map_err(PanelError::Ended),
        () = crate::live::draw(&panel) => Ok(()),
        () = reports::keep_monthly(&panel) => Ok(()),
        () = unanswered::know_meanings(&panel) => Ok(()),
    }
}

/// An address and what answers there.
type Route = (&'static str, MethodRouter<Arc<Panel>>);

/// All pages. What is not in `open` is guarded by its area.
fn pages(panel: Arc<Panel>) -> Router {
    let open = Router::new()
        .route("/", get(sign_in::begin))
        .route("/sign-in", get(sign_in::form).post(sign_in::enter))
        .route("/lights", get(lights::show))
        .route("/assets/{name}", get(assets::show))
        .route("/metrics", get(box_state::gauges)); // for the addresses of the settings, and nobody else
    let guarded: [(Area, &[Route]); 9] = [
        (
            Area::Account,
            &[
                ("/account", get(account::show)),
                ("/account/password", post(account::change_password)),
                ("/account/language", post(account::choose_language)),
                ("/account/code", post(account::begin_code)),
                ("/account/code/confirm", post(account::confirm_code)),
                ("/account/code/remove", post(account::remove_code)),
                ("/sign-out", post(sign_in::leave)),
            ],
        ),
        (
            Area::Now,
            &[
                ("/now", get(now::show)),
                ("/now/events", get(now::events)),
                ("/now/{call}/hang-up", post(now::hang_up)),
                ("/now/{call}/hand-over", post(now::hand_over)),
            ],
        ),
        (
            Area::Calls,
            &[
                ("/calls", get(calls::list)),
                ("/calls/number", post(calls::find_number)),
                ("/calls/{call}", get(calls::show)),
                ("/calls/{call}/wrong/{turn}", post(calls::mark_wrong)),
                ("/calls/{call}/forget", post(calls::forget)),
            ],
        ),
        (
            Area::Messages,
            &[
                ("/messages", get(messages::list)),
                ("/messages/{message}/{state}", post(messages::change)),
                ("/messages/{message}/sound", get(messages::sound)),
            ],
        ),
        (
            Area::Unanswered,
            &[
                ("/unanswered", get(unanswered::list)),
                ("/unanswered/example", post(unanswered::make_example)),
                ("/unanswered/topic", post(unanswered::make_topic)),
                ("/unanswered/settle", post(unanswered::settle)),
            ],
        ),
        (
            Area::Answers,
            &[
                ("/answers", get(answers::list)),
                ("/answers/edit", get(answers::edit).post(answers::keep)),
                ("/answers/try", post(answers::try_out)),
                ("/answers/sound", get(answers::sound)),
                ("/answers/review", post(answers::review)),
                ("/answers/discard", post(answers::discard)),
                ("/answers/publish", post(answers::publish)),
                ("/answers/versions", get(answers::versions)),
                ("/answers/versions/{version}", get(answers::compare)),
                ("/answers/versions/{version}/restore", post(answers::restore)),
                ("/answers/import", post(answers::import)),
            ],
        ),
        (Area::Reports, &[("/reports", get(reports::show)), ("/reports/{file}", get(reports::file))]),
        (Area::Box, &[("/box", get(box_state::show)), ("/box/diagnostics", get(box_state::diagnostics))]),
        (
            Area::People,
            &[
                ("/people", get(people::list).post(people::add)),
                ("/people/reset", post(people::reset)),
                ("/people/remove", post(people::remove)),
            ],
        ),
    ];
    let all = guarded.into_iter().fold(open, |all, (area, routes)| {
        let routes = routes.iter().fold(Router::new(), |router, (path, route)| router.route(path, route.clone()));
        all.merge(routes.route_layer(middleware::from_fn_with_state((panel.clone(), area), guard)))
    });
    all.fallback(crate::pages::nowhere)
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(middleware::from_fn(security::headers))
        .with_state(panel)
}
