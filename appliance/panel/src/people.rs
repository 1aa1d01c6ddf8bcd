//! Accounts, for the panel's page and for the command line.

use portaveu_store::{Role, Store, StoreError, User};

use crate::sign_in::password::{self, PasswordError};

/// Why an account cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("\"{0}\" cannot be a name here: write small letters, figures, dots and hyphens, at most 40")]
    Name(String),
    #[error("there is an account \"{0}\" already")]
    Known(String),
    #[error("there is no account \"{0}\"")]
    Unknown(String),
    #[error("\"{0}\" is the only account that can make others; make another one first")]
    Last(String),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Make an account; gives the password for the first sign-in.
pub fn add(store: &Store, name: &str, role: Role) -> Result<String, PeopleError> {
    let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if name.is_empty() || name.len() > 40 || !name.chars().all(is_sign) {
        return Err(PeopleError::Name(name.to_owned()));
    }
    if store.user(name)?.is_some() {
        return Err(PeopleError::Known(name.to_owned()));
    }
    let password = password::invent()?;
    let user = User::new(name, role, password::hash(&password)?);
    store.put_user(&user)?;
    Ok(password)
}

/// Give a person a new password, without a second factor, and sign them out everywhere.
pub fn reset(store: &Store, name: &str) -> Result<String, PeopleError> {
    let password = password::invent()?;
    let kept = password::hash(&password)?;
    let change = |user: &mut User| {
        (user.password, user.must_change, user.totp, user.totp_step) = (kept, true, None, 0);
        (user.failures, user.locked_until) = (0, None);
    };
    store.change_user(name, change)?.ok_or_else(|| PeopleError::Unknown(name.to_owned()))?;
    store.sign_out_everywhere(name)?;
    Ok(password)
}

/// Remove an account, if somebody is left who can make others.
pub fn remove(store: &Store, name: &str) -> Result<(), PeopleError> {
    if store.user(name)?.is_none() {
        return Err(PeopleError::Unknown(name.to_owned()));
    }
    let makes_accounts = |user: &User| matches!(user.role, Role::Manager | Role::It);
    if !store.users()?.iter().any(|user| user.name != name && makes_accounts(user)) {
        return Err(PeopleError::Last(name.to_owned()));
    }
    Ok(store.remove_user(name)?)
}
