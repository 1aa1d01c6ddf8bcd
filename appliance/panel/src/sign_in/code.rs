//! The second factor: six figures of an app, new every half minute (RFC 6238). A code is taken once.

use portaveu_store::User;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Totp, TotpError};

/// The app's figures for a person's secret.
fn totp(name: &str, secret: &[u8]) -> Result<Totp, TotpError> {
    Builder::new().with_secret(secret.to_vec()).with_account_name(name).with_issuer(Some("Portaveu")).build()
}

/// The time step of a code, if it is right now or was half a minute ago.
fn step(name: &str, secret: &[u8], code: &str, now_s: u64) -> Option<u64> {
    totp(name, secret).ok()?.check(code.trim(), now_s)
}

/// Whether the code is right for a secret that is about to be the person's.
pub fn is_right(name: &str, secret: &[u8], code: &str, now_s: u64) -> bool {
    step(name, secret, code, now_s).is_some()
}

/// Takes the code of a person, who can then not use it again. True for who has no second factor.
pub fn take(user: &mut User, code: &str, now_s: u64) -> bool {
    let Some(secret) = &user.totp else { return true };
    let Some(step) = step(&user.name, secret, code, now_s).filter(|step| *step > user.totp_step) else { return false };
    user.totp_step = step;
    true
}

/// What the app scans, as an SVG image, and what may be typed instead.
pub fn invitation(name: &str, secret: &[u8]) -> Option<(String, String)> {
    let totp = totp(name, secret).ok()?;
    let picture = QrCode::new(totp.to_url().ok()?).ok()?;
    let picture = picture.render::<svg::Color>().min_dimensions(220, 220).build();
    let typed = totp.secret().to_base32();
    Some((picture.trim_start_matches("<?xml version=\"1.0\" standalone=\"yes\"?>").to_owned(), typed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portaveu_store::Role;

    const STEP_S: u64 = 30;

    #[test]
    fn a_code_is_taken_once_and_not_long_after() {
        let secret = vec![7; 20];
        let code = totp("pepa", &secret).unwrap().generate(STEP_S * 100).to_string();
        let mut user = User { totp: Some(secret), ..User::new("pepa", Role::It, String::new()) };
        assert!(!take(&mut user, "000000", STEP_S * 100));
        assert!(take(&mut user, &code, STEP_S * 101));
        assert!(!take(&mut user, &code, STEP_S * 101), "the same code twice");
        user.totp_step = 0;
        assert!(!take(&mut user, &code, STEP_S * 103));
        let (picture, typed) = invitation("pepa", &[7; 20]).unwrap();
        assert!(picture.starts_with("<svg") && typed.len() == 32, "{picture} {typed}");
    }
}
